import { FakeClock, MemoryNetwork } from "../../src/index.ts";
import type { MakeLinkHarness } from "../../src/contract.ts";
import { linkContract } from "../../src/contract.ts";
import type { SealCipher } from "@faultline/protocol";
import { sealDialer, SealGate } from "@faultline/protocol";
import { KEY, randomOf } from "../../src/sealed-world.ts";

function sealed(
  cipher: SealCipher,
  options: ConstructorParameters<typeof MemoryNetwork>[0],
): MakeLinkHarness {
  return (accept) => {
    const clock = new FakeClock();
    const network = new MemoryNetwork({ ...options, clock });
    const nobody = new MemoryNetwork({ ...options, clock });
    const gate = new SealGate({
      keys: [KEY],
      clock,
      random: randomOf(1),
      plain: "refuse",
      accept,
    });
    network.listen((link) => gate.enter(link));
    const client = { keys: [KEY], cipher, clock, random: randomOf(2) };
    return {
      dialer: sealDialer(network, client),
      ...(network.kind === "stream" && { dialerRefused: sealDialer(nobody, client) }),
      pump: () => clock.runUntilIdle(),
      close() {},
    };
  };
}

linkContract("a sealed stream", "stream", sealed("chacha20-poly1305", {}));
linkContract(
  "a sealed stream in small pieces",
  "stream",
  sealed("aes-256-gcm", { latencyUs: 700, segmentBytes: 1460 }),
);
linkContract(
  "a sealed datagram link",
  "datagram",
  sealed("chacha20-poly1305", { kind: "datagram", latencyUs: 100 }),
);
linkContract(
  "a datagram link sealed with AES",
  "datagram",
  sealed("aes-256-gcm", { kind: "datagram", latencyUs: 100 }),
);
