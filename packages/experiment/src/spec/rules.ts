/**
 * The rules of a spec that concern more than one field.
 *
 * Each rule asks only about the parts it needs and says nothing where one is missing, because
 * parse.ts also asks about specs that are half wrong. Readings chosen where the contract leaves
 * two: a deadline shorter than one attempt's timeout is refused, since that timeout could never
 * come; a fault id stands once in the whole spec, and a phase that wants a fault again names a
 * top-level one; `pipe` carries one message at a time, on one worker, with its own checksum, and
 * everything else is refused rather than quietly changed.
 */
import { PACKET_LIMITS_DEFAULT, SEAL_OVERHEAD_BYTES } from "@faultline/protocol";
import type { SpecLimits } from "./limits.ts";
import { type SpecProblem, problem } from "./problem.ts";
import { checkCapture } from "./rules-capture.ts";
import { checkAssertions } from "./rules-assert.ts";
import { checkFaults, checkPhases } from "./rules-faults.ts";
import { checkNetwork } from "./network.ts";
import { checkEvents, checkSchedule } from "./rules-schedule.ts";
import { checkSeeds } from "./rules-seeds.ts";
import type {
  FullFault,
  FullSpec,
  Phase,
  ScheduledFiring,
  ServerEvent,
  Workload,
} from "./types.ts";

type Listed = "faults" | "schedule" | "phases" | "events" | "assert";

/** A spec of which some parts may be missing because they were wrong. */
export type SpecParts = {
  readonly [Field in Exclude<keyof FullSpec, Listed>]?: FullSpec[Field] | undefined;
} & {
  readonly faults?: readonly (FullFault | undefined)[] | undefined;
  readonly schedule?: readonly (ScheduledFiring | undefined)[] | null | undefined;
  readonly phases?: readonly (Phase | undefined)[] | null | undefined;
  readonly events?: readonly (ServerEvent | undefined)[] | undefined;
  readonly assert?: readonly (FullSpec["assert"][number] | undefined)[] | undefined;
};

/** Largest UDP payload over IPv4: 65_535 less the IP and UDP headers (RFC 768, RFC 791). */
const DATAGRAM_BYTES_MAX = 65_507;
/** The counter responder's prefix. */
const COUNT_BYTES = 8;
/** Header and longest trailer of a frame, and that prefix. */
const FRAME_OVERHEAD_BYTES = 40 + 16 + COUNT_BYTES;
/** `|` and eight hex digits. */
const PIPE_OVERHEAD_BYTES = 9;

/** Everything wrong with the parts that are there. */
export function checkRules(parts: SpecParts, limits: SpecLimits): SpecProblem[] {
  return [
    ...checkSeeds(parts, limits),
    ...checkPipe(parts),
    ...checkDatagrams(parts),
    ...checkSeal(parts),
    ...checkSizes(parts, limits),
    ...checkTimes(parts, limits),
    ...checkFaults(parts),
    ...checkPhases(parts, limits),
    ...checkSchedule(parts),
    ...checkEvents(parts),
    ...checkNetwork(parts),
    ...checkCapture(parts),
    ...checkAssertions(parts),
  ];
}

function checkPipe({ codec, checksum, workload, server }: SpecParts): SpecProblem[] {
  if (codec !== "pipe") return [];
  const found: SpecProblem[] = [];
  const want = (holds: boolean, steps: readonly string[], rule: string, got: unknown): void => {
    if (!holds) found.push(problem(steps, `${rule} with the pipe codec`, got));
  };
  if (checksum !== undefined) want(checksum === "sha1-32", ["checksum"], "sha1-32", checksum);
  if (server !== undefined) {
    want(server.workers === 1, ["server", "workers"], "1", server.workers);
    want(server.responder === "echo", ["server", "responder"], "echo", server.responder);
  }
  if (workload !== undefined) {
    want(workload.inFlightMax === 1, ["workload", "inFlightMax"], "1", workload.inFlightMax);
    workload.bodies?.forEach((body, index) => {
      const carried = body.length > 0 && !/[\r\n]$/.test(body);
      want(
        carried,
        ["workload", "bodies", `${index}`],
        "a text that does not end in a line break, and not empty,",
        body,
      );
    });
  }
  return found;
}

function checkSeal({ seal, transport }: SpecParts): SpecProblem[] {
  if ((seal ?? null) === null || transport !== "tls") return [];
  return [problem(["seal"], "null where the transport is tls, which encrypts by itself", seal)];
}

function checkDatagrams({ client, transport }: SpecParts): SpecProblem[] {
  if (client?.datagrams !== "packets" || transport === undefined || transport === "udp") return [];
  const rule = "plain where the transport is not udp";
  return [problem(["client", "datagrams"], rule, client.datagrams)];
}

/** Bodies that the codec and the transport can carry, and not too many of them at once. */
function checkSizes(parts: SpecParts, limits: SpecLimits): SpecProblem[] {
  const { workload, transport } = parts;
  if (workload === undefined) return [];
  const max = bodyBytesMax(parts, limits);
  const carrier = parts.client?.datagrams === "packets" ? "its packets" : "a datagram";
  const rule = `at most ${max} bytes${transport === "udp" ? `, so that ${carrier} can carry it` : ""}`;
  if (workload.bodies !== null) return checkBodies(workload.bodies, max, rule);
  return [...checkPayload(workload, max, rule), ...checkInFlight(workload, max, limits)];
}

function bodyBytesMax(parts: SpecParts, limits: SpecLimits): number {
  const { client, codec, transport, server } = parts;
  const prefix = server?.responder === "counter" ? COUNT_BYTES : 0;
  const overhead = codec === "pipe" ? PIPE_OVERHEAD_BYTES : FRAME_OVERHEAD_BYTES;
  const isPackets = client?.datagrams === "packets";
  const sealed = (parts.seal ?? null) === null ? 0 : SEAL_OVERHEAD_BYTES;
  const message = isPackets ? PACKET_LIMITS_DEFAULT.messageBytesMax : DATAGRAM_BYTES_MAX - sealed;
  const datagram = transport === "udp" ? message - overhead : Infinity;
  return Math.min(limits.payloadBytesMax - prefix, datagram);
}

function checkBodies(bodies: readonly string[], max: number, rule: string): SpecProblem[] {
  const encoder = new TextEncoder();
  return bodies.flatMap((body, index) => {
    const bytes = encoder.encode(body).byteLength;
    return bytes > max ? [problem(["workload", "bodies", index], rule, bytes)] : [];
  });
}

function checkPayload({ payloadBytes }: Workload, max: number, rule: string): SpecProblem[] {
  const at = ["workload", "payloadBytes"];
  if (typeof payloadBytes === "number") {
    return payloadBytes > max ? [problem(at, rule, payloadBytes)] : [];
  }
  const found: SpecProblem[] = [];
  if (payloadBytes.max > max) found.push(problem([...at, "max"], rule, payloadBytes.max));
  if (payloadBytes.min > payloadBytes.max) {
    found.push(problem([...at, "min"], `at most max, ${payloadBytes.max}`, payloadBytes.min));
  }
  return found;
}

function checkInFlight(workload: Workload, max: number, limits: SpecLimits): SpecProblem[] {
  const { clients, inFlightMax, payloadBytes } = workload;
  const asked = typeof payloadBytes === "number" ? payloadBytes : payloadBytes.max;
  const bytes = clients * inFlightMax * Math.min(max, asked);
  if (bytes <= limits.inFlightBytesMax) return [];
  const rule = `so low that clients, inFlightMax and body size multiply to at most ${limits.inFlightBytesMax} bytes, not ${bytes}`;
  return [problem(["workload", "inFlightMax"], rule, inFlightMax)];
}

function checkTimes({ workload, client }: SpecParts, limits: SpecLimits): SpecProblem[] {
  const found: SpecProblem[] = [];
  if (workload?.arrivals === "poisson" && workload.ratePerSecond === null) {
    found.push(problem(["workload", "arrivals"], "uniform without ratePerSecond", "poisson"));
  }
  if (workload !== undefined && workload.ratePerSecond !== null) {
    const plannedMs = Math.round((workload.messages / workload.ratePerSecond) * 1_000);
    if (plannedMs > limits.wallMsMax) {
      const rule = `high enough that ${workload.messages} messages take at most ${limits.wallMsMax} ms`;
      found.push(problem(["workload", "ratePerSecond"], rule, workload.ratePerSecond));
    }
  }
  if (client === undefined) return found;
  const { attemptTimeoutMs, deadlineMs, backoff } = client;
  if (deadlineMs < attemptTimeoutMs) {
    found.push(
      problem(
        ["client", "deadlineMs"],
        `at least attemptTimeoutMs, ${attemptTimeoutMs}`,
        deadlineMs,
      ),
    );
  }
  if (backoff.kind !== "constant" && backoff.maxMs < backoff.firstMs) {
    found.push(
      problem(
        ["client", "backoff", "maxMs"],
        `at least firstMs, ${backoff.firstMs}`,
        backoff.maxMs,
      ),
    );
  }
  return found;
}
