/**
 * The rules of a schedule and of the server's events: that what they name is there.
 *
 * Whether a firing will find its transmission cannot be known from a spec: an attempt may never be
 * made. What can never be (no such client, a direction the fault does not act in) is refused.
 */
import { messagesOf } from "../plan/schedule.ts";
import { type SpecProblem, problem } from "./problem.ts";
import type { SpecParts } from "./rules.ts";
import type { FullFault, ScheduledFiring } from "./types.ts";

/** Unknown faults, clients and messages, directions and attempts that cannot be, firings named twice. */
export function checkSchedule(parts: SpecParts): SpecProblem[] {
  const { schedule, codec } = parts;
  if (!schedule) return [];
  if (codec === "pipe") {
    const rule = "null with the pipe codec, whose messages carry no number to be named by";
    return [problem(["schedule"], rule, `${schedule.length} firings`)];
  }
  const faults = faultsById(parts);
  const seen = new Set<string>();
  return schedule.flatMap((firing, index) => {
    if (firing === undefined) return [];
    const at = (field: string) => ["schedule", index, field];
    const key = JSON.stringify(firing);
    const again = seen.has(key);
    seen.add(key);
    return [
      ...(again ? [problem(["schedule", index], "listed once", firing)] : []),
      ...checkFault(firing, faults, at),
      ...checkPlace(firing, parts, at),
    ];
  });
}

type At = (field: string) => (string | number)[];

function checkFault(
  firing: ScheduledFiring,
  faults: ReadonlyMap<string, FullFault> | undefined,
  at: At,
): SpecProblem[] {
  if (faults === undefined) return [];
  const fault = faults.get(firing.fault);
  if (fault === undefined) {
    return [problem(at("fault"), "the id of a fault of this spec", firing.fault)];
  }
  const found: SpecProblem[] = [];
  if (fault.direction !== "both" && fault.direction !== firing.direction) {
    const rule = `${fault.direction}, the direction of ${fault.id}`;
    found.push(problem(at("direction"), rule, firing.direction));
  }
  const isEnd = fault.kind === "slow-close";
  if (isEnd !== (firing.attempt === 0)) {
    const rule = isEnd ? "0, as slow-close acts on no message" : "at least 1";
    found.push(problem(at("attempt"), rule, firing.attempt));
  }
  return found;
}

function checkPlace(
  { client, message, attempt }: ScheduledFiring,
  { workload, client: policy }: SpecParts,
  at: At,
): SpecProblem[] {
  const found: SpecProblem[] = [];
  if (policy !== undefined && attempt > policy.attemptsMax) {
    found.push(problem(at("attempt"), `at most attemptsMax, ${policy.attemptsMax}`, attempt));
  }
  if (workload === undefined) return found;
  if (client >= workload.clients) {
    found.push(problem(at("client"), `below workload.clients, ${workload.clients}`, client));
    return found;
  }
  const messages = messagesOf(workload, client);
  if (attempt > 0 && message >= messages) {
    found.push(
      problem(at("message"), `below ${messages}, the messages of client ${client}`, message),
    );
  }
  return found;
}

/** Every declared fault; undefined where one was too wrong to be read, so nothing can be said. */
function faultsById({ faults, phases }: SpecParts): Map<string, FullFault> | undefined {
  const own = (phases ?? []).map((phase) => phase?.faults ?? [undefined]);
  if (faults === undefined || phases === undefined) return undefined;
  const all = [...faults, ...own.flat()];
  if (all.includes(undefined)) return undefined;
  return new Map(all.flatMap((fault) => (typeof fault === "object" ? [[fault.id, fault]] : [])));
}

/** Only a simulated server can be crashed and paused without harm to the machine it runs on. */
export function checkEvents({ events, mode }: SpecParts): SpecProblem[] {
  if (events === undefined || events.length === 0 || mode !== "real") return [];
  const rule =
    "left out in real mode: only a simulated server can be crashed, restarted and paused";
  return [problem(["events"], rule, `${events.length} events`)];
}
