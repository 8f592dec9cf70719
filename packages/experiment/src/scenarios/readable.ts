/**
 * The lesson that began with a look at the wire: the same message in the clear and encrypted.
 *
 * Both are captured, and the result says with evidence whether the message can be read there.
 */
import { ALL, CLEAR, must, type ScenarioText } from "./build.ts";

/** The message of the lesson. */
const HELLO = "Hello from Client";

/** In the order in which the demo shows them. */
export const READABLE: readonly ScenarioText[] = [
  {
    name: "plaintext",
    title: "A message that anybody can read",
    description:
      "The same message a hundred times in the clear: the capture holds it, word for word.",
    transports: CLEAR,
    spec: {
      seed: 18,
      workload: { messages: 100, bodies: [HELLO] },
      capture: true,
      assert: [
        must("delivery.ratio", "==", 1),
        must("wire.readable", "==", 1),
        must("wire.longestRunBytes", "==", HELLO.length),
        must("wire.entropyBitsPerByte", "<", 6),
      ],
    },
  },
  {
    name: "encrypted",
    title: "A message that nobody else can read",
    description:
      "The same message a hundred times over sealed links, or TLS: the capture has no readable byte run of it.",
    transports: ALL,
    over: { tls: { seal: null } },
    spec: {
      seed: 19,
      workload: { messages: 100, bodies: [HELLO] },
      seal: { cipher: "aes-256-gcm" },
      capture: true,
      assert: [
        must("delivery.ratio", "==", 1),
        must("wire.readable", "==", 0),
        must("wire.longestRunBytes", "<", 6),
        must("wire.entropyBitsPerByte", ">", 7),
      ],
    },
  },
];
