import { parseSpec, runExperiment } from "./src/index.ts";
for (const [workers, inFlightMax, payloadBytes, clients] of [
  [1, 1, 64, 4],
  [2, 1, 64, 4],
  [1, 32, 64, 4],
  [2, 32, 64, 4],
  [1, 32, { min: 1, max: 2000 }, 4],
  [1, 32, 1900, 1],
  [1, 8, 1900, 1],
  [1, 32, 64, 1],
] as const) {
  const p = parseSpec({
    specVersion: 1,
    seed: 42,
    transport: "udp",
    workload: { messages: 500, clients, inFlightMax, payloadBytes },
    server: { workers },
    client: { attemptsMax: 6, attemptTimeoutMs: 1000 },
  });
  if (!p.ok) throw p;
  const { result: r } = await runExperiment(p.spec);
  console.log(
    { workers, inFlightMax, payloadBytes, clients },
    r.envelope.wallMs,
    "delivered",
    r.counts.delivered,
    "attempts",
    r.counts.attempts,
    "exec",
    r.counts.executions,
    "stale",
    r.counts.staleReplies,
    "p50",
    r.latencyMs.p50,
    r.latencyMs.p99,
  );
}
