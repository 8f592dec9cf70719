import { linkContract } from "@faultline/testkit/contract";
import type { MakeLinkHarness } from "@faultline/testkit/contract";
import type { SimulationOptions } from "../src/index.ts";
import { Simulation } from "../src/index.ts";

/** A client and a server node on a network with these options. */
function network(
  kind: "stream" | "datagram",
  options: Partial<SimulationOptions> = {},
): MakeLinkHarness {
  return (accept) => {
    const simulation = new Simulation({ seed: 7, ...options });
    simulation.addNode("client");
    simulation.addNode("server");
    const listener = simulation.listen("server", { port: 7000, kind }, accept);
    const dialer = simulation.dialer("client", { host: "server", port: 7000, kind });
    const nobody = simulation.dialer("client", { host: "server", port: 7001, kind });
    return {
      dialer,
      ...(kind === "stream" && { dialerRefused: nobody }),
      pump: () => void simulation.run(),
      close: () => listener.close(),
    };
  };
}

linkContract("a simulated stream", "stream", network("stream"));
linkContract(
  "a simulated stream over an uneven link",
  "stream",
  network("stream", {
    link: { delayUs: 20_000, jitterUs: 30_000, reorder: 0.1 },
  }),
);
linkContract(
  "a simulated stream through a narrow window",
  "stream",
  network("stream", {
    link: { bytesPerSecond: 1_000_000, queuePacketsMax: 8 },
    stream: { windowBytes: 5_000, sendBufferBytes: 20_000, segmentBytesMax: 900 },
  }),
);
linkContract(
  "a simulated stream with congestion control",
  "stream",
  network("stream", { stream: { congestionControl: "newreno" } }),
);
linkContract(
  "a simulated stream with congestion control over an uneven link",
  "stream",
  network("stream", {
    link: { delayUs: 20_000, jitterUs: 30_000, reorder: 0.1 },
    stream: { congestionControl: "newreno", windowBytes: 5_000, sendBufferBytes: 20_000 },
  }),
);
linkContract("a simulated datagram link", "datagram", network("datagram"));
linkContract(
  "a slow simulated datagram link",
  "datagram",
  network("datagram", { link: { delayUs: 90_000, jitterUs: 5_000, bytesPerSecond: 100_000 } }),
);
