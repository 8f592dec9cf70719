/**
 * Writes down every attempt: its record in the operation, its count, its event.
 *
 * The only place where attempts begin and end, so counts and records cannot disagree. A record
 * that has ended can still change once, when its reply comes late after all.
 */
import type { Channel } from "./channel.ts";
import type { AttemptFailure, AttemptStatus } from "./failure.ts";
import type { AttemptRecord, Operation } from "./operation.ts";
import type { AttemptEnd } from "./outcome.ts";
import type { Reporter } from "./reporter.ts";
import type { Counters } from "./stats.ts";

/** How an attempt ended, and when. */
export interface Ending {
  readonly ended: Exclude<AttemptEnd, "late-reply">;
  readonly status: AttemptStatus | undefined;
  readonly nowUs: number;
}

/** When an attempt was sent, and where. */
type Sent = Pick<AttemptRecord, "sentUs" | "endpoint" | "local" | "sequence">;

/** The log. */
export class AttemptLog {
  readonly #counters: Counters;
  readonly #reporter: Reporter;

  constructor(counters: Counters, reporter: Reporter) {
    this.#counters = counters;
    this.#reporter = reporter;
  }

  /** Bytes of the operation's next attempt are about to be handed to the channel. */
  begin(operation: Operation, { endpoint, line }: Channel, nowUs: number): void {
    const { local } = line;
    const hedge = operation.running !== undefined;
    const sequence = line.sequence++;
    const record = this.#add(operation, { sentUs: nowUs, endpoint, local, sequence });
    operation.running = record;
    if (!this.#reporter.isOn) return;
    const { attempt } = record;
    this.#reporter.emit({
      event: "sent",
      atUs: nowUs,
      operation: operation.operation,
      attempt,
      hedge,
      endpoint,
    });
  }

  /** Bytes of a second attempt are about to be handed to the channel, beside the one under way. */
  hedge(operation: Operation, channel: Channel, nowUs: number): void {
    const { running } = operation;
    this.begin(operation, channel, nowUs);
    operation.takeTwin(channel);
    operation.twin = operation.running;
    operation.running = running;
    this.#counters.hedges++;
  }

  /** The attempt under way has ended, and where there are two of them, both. */
  end(operation: Operation, ending: Ending): void {
    const record = operation.running;
    if (record === undefined) return;
    const { twin } = operation;
    operation.running = undefined;
    operation.twin = undefined;
    this.#close(operation, record, ending);
    if (twin === undefined) return;
    const { ended, nowUs } = ending;
    const lost = { ended: "aborted", status: undefined, nowUs } as const;
    this.#close(operation, twin, ended === "reply" ? lost : ending);
  }

  /** One of the two attempts under way has ended; the other goes on. */
  endOne(operation: Operation, record: AttemptRecord, ending: Ending): void {
    if (record === operation.running) operation.exchangeTwins();
    operation.twin = undefined;
    operation.leaveTwin();
    this.#close(operation, record, ending);
  }

  /** A dial on the operation's behalf failed: an attempt of which no byte left. */
  refuse(
    operation: Operation,
    failure: AttemptFailure,
    since: { sentUs: number; nowUs: number },
  ): void {
    const { sentUs } = since;
    const endpoint = operation.channel?.endpoint;
    const record = this.#add(operation, { sentUs, endpoint, local: "", sequence: undefined });
    const { status } = failure;
    this.#close(operation, record, { ended: "refused", status, nowUs: since.nowUs });
  }

  /** The reply to an attempt that had ended came after all. */
  late(operation: Operation, record: AttemptRecord, nowUs: number): void {
    if (record.ended !== undefined) this.#counters.ended[record.ended]--;
    this.#counters.lateReplies++;
    this.#counters.ended["late-reply"]++;
    record.ended = "late-reply";
    record.status = undefined;
    record.endedUs = nowUs;
    if (!this.#reporter.isOn) return;
    this.#reporter.emit({
      event: "late-reply",
      atUs: nowUs,
      operation: operation.operation,
      attempt: record.attempt,
      tookUs: nowUs - record.sentUs,
    });
  }

  #add(operation: Operation, { sentUs, endpoint, local, sequence }: Sent): AttemptRecord {
    const attempt = operation.attempts.length + 1;
    const record: AttemptRecord = {
      attempt,
      sentUs,
      endedUs: sentUs,
      ended: undefined,
      status: undefined,
      endpoint,
      local,
      sequence,
    };
    if (attempt === 1) operation.attempts = [record];
    else operation.attempts.push(record);
    this.#counters.attempts++;
    if (attempt > 1) this.#counters.retries++;
    return record;
  }

  #close(operation: Operation, record: AttemptRecord, { ended, status, nowUs }: Ending): void {
    record.ended = ended;
    record.status = status;
    record.endedUs = nowUs;
    this.#counters.ended[ended]++;
    if (ended === "timeout") this.#counters.timeouts++;
    else if (ended === "error-reply") this.#counters.errorReplies++;
    if (!this.#reporter.isOn) return;
    this.#reporter.emit({
      event: "attempt-ended",
      atUs: nowUs,
      operation: operation.operation,
      attempt: record.attempt,
      ended,
      status,
      tookUs: nowUs - record.sentUs,
      endpoint: record.endpoint,
    });
  }
}
