import { linkContract } from "../src/contract.ts";
import { FakeClock, MemoryNetwork } from "../src/index.ts";
import type { MakeLinkHarness } from "../src/contract.ts";

function memory(options: ConstructorParameters<typeof MemoryNetwork>[0]): MakeLinkHarness {
  return (accept) => {
    const clock = new FakeClock();
    const network = new MemoryNetwork({ ...options, clock });
    network.listen(accept);
    return {
      dialer: network,
      dialerRefused: new MemoryNetwork({ ...options, clock }),
      pump: () => clock.runUntilIdle(),
      close() {},
    };
  };
}

linkContract("a memory stream", "stream", memory({}));
linkContract(
  "a slow memory stream in small pieces",
  "stream",
  memory({ latencyUs: 700, segmentBytes: 1460 }),
);
linkContract("a memory datagram link", "datagram", memory({ kind: "datagram", latencyUs: 100 }));
