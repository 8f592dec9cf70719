/**
 * The same small messages over UDP and over TCP, under the same loss.
 *
 * TCP repeats a lost segment by itself and keeps everything behind it waiting; over UDP the client
 * repeats the message that is missing, and no other waits. So under loss UDP has the shorter tail,
 * and pays for it in bytes: a lost reply costs the request again. Without loss there is nothing to win.
 * Bytes are counted on the wire, with 28 for the headers of a datagram and 40 for those of a segment; the
 * simulated network has no packets for acknowledgements alone, which flatters TCP.
 */
import type { Example, Report, Row } from "./example.ts";
import { Lab, mean, MS_US, quantile, SECOND_US } from "./lab.ts";

const PER_SECOND = 200;
const MESSAGES = 6000;
const BODY_BYTES = 100;
const HEADER_BYTES = { datagram: 28, stream: 40 } as const;
const LOSSES = [0, 0.01, 0.05, 0.1];

/** Timeouts that follow the round trips, without the second that a client of the internet waits at least. */
const UDP = { attemptTimeoutMs: "adaptive", rtt: "loopback", backoff: { firstMs: 1 } } as const;

/** What one transport makes of it. */
interface Measured {
  readonly delivered: number;
  readonly latenciesUs: readonly number[];
  readonly wireBytes: number;
}

function measure(seed: number, kind: "datagram" | "stream", loss: number): Measured {
  const lab = new Lab({ seed, kind, link: { delayUs: 25 * MS_US, jitterUs: 2 * MS_US, loss } });
  const client = lab.client({
    inFlightMax: 1024,
    // TCP repeats by itself: asking again would only add to what waits.
    ...(kind === "datagram" && UDP),
  });
  const body = new Uint8Array(BODY_BYTES);
  const latenciesUs: number[] = [];
  let settled = 0;
  for (let n = 0; n < MESSAGES; n++) {
    lab.at((n * SECOND_US) / PER_SECOND, () =>
      client.submit(body, {}, ({ endedUs, outcome, submittedUs }) => {
        settled++;
        if (outcome === "delivered") latenciesUs.push(endedUs - submittedUs);
      }),
    );
  }
  lab.run(() => settled === MESSAGES);
  const wireBytes = lab.bytes + lab.packets * HEADER_BYTES[kind];
  return { delivered: latenciesUs.length, latenciesUs, wireBytes };
}

function rowOf(name: string, { delivered, latenciesUs, wireBytes }: Measured): Row {
  return {
    name,
    figures: [
      (100 * delivered) / MESSAGES,
      mean(latenciesUs) / MS_US,
      quantile(latenciesUs, 0.5) / MS_US,
      quantile(latenciesUs, 0.99) / MS_US,
      wireBytes / MESSAGES,
    ],
  };
}

function run(seed: number): Report {
  const pairs = LOSSES.map((loss) => ({
    loss: 100 * loss,
    tcp: measure(seed, "stream", loss),
    udp: measure(seed, "datagram", loss),
  }));
  const rows = pairs.flatMap(({ loss, tcp, udp }) => [
    rowOf(`${loss} % loss, tcp`, tcp),
    rowOf(`${loss} % loss, udp`, udp),
  ]);
  const [calm, , five] = pairs;
  const p99 = ({ latenciesUs }: Measured): number => quantile(latenciesUs, 0.99);
  const [meanTcp, meanUdp] = [mean(calm!.tcp.latenciesUs), mean(calm!.udp.latenciesUs)];
  return {
    columns: [
      { title: "delivered %", decimals: 2 },
      { title: "mean ms", decimals: 1 },
      { title: "p50 ms", decimals: 1 },
      { title: "p99 ms", decimals: 1 },
      { title: "wire bytes each" },
    ],
    rows,
    claims: [
      {
        says: "both deliver everything",
        holds: pairs.every(({ tcp, udp }) => tcp.delivered + udp.delivered === 2 * MESSAGES),
      },
      {
        says: "at 5 % loss the 99th percentile over UDP is less than half of TCP's",
        holds: p99(five!.udp) < p99(five!.tcp) / 2,
      },
      {
        says: "and more bytes are sent for it, beyond what headers save",
        holds:
          five!.udp.wireBytes - calm!.udp.wireBytes > five!.tcp.wireBytes - calm!.tcp.wireBytes,
      },
      {
        says: "without loss neither is faster by more than 2 %",
        holds: Math.abs(meanUdp - meanTcp) < 0.02 * meanTcp,
      },
    ],
  };
}

/** @see module */
export const udpOrTcp: Example = {
  name: "udp-or-tcp",
  title: "Small messages over UDP and TCP under the same loss",
  text: `${MESSAGES} messages of ${BODY_BYTES} bytes at ${PER_SECOND} a second; a round trip of 50 to 54 ms.`,
  run,
};
