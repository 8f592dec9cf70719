/**
 * Finds the message that an arrival belongs to, or finds that there is none.
 *
 *   arrival -> session (the codec) -> operation (pending) -> attempt (its records) -> exchange
 *
 * A reply to any attempt of an open message delivers it, however late. Error replies and damage
 * only end the attempt they name, and only while it is under way. Everything else is counted and
 * goes to nobody: a stale reply is never handed to another caller.
 */
import type { AttemptLog } from "./attempt-log.ts";
import type { Channel, Judge } from "./channel.ts";
import { classify, isAgainstServer } from "./classify.ts";
import type { Arrivals, Damage, ErrorReply, ReplyIdentity, ReplyMarks } from "./connection.ts";
import type { Happening } from "./exchange.ts";
import type { AttemptFailure } from "./failure.ts";
import { REPLY } from "./happenings.ts";
import type { Hedge } from "./hedge.ts";
import type { Line } from "./line.ts";
import type { AttemptRecord, Operation } from "./operation.ts";
import type { Pending } from "./pending.ts";
import type { Reporter } from "./reporter.ts";
import type { Counters } from "./stats.ts";
import type { Timing } from "./timing.ts";

/** What an inbox works with. */
export interface InboxParts {
  /** What it reads. */
  readonly channel: Channel;
  readonly counters: Counters;
  /** Is told how long each reply took; null: there is no hedging. */
  readonly hedge: Pick<Hedge, "sample"> | null;
  /** Is told of every answer that was waited for; undefined: nobody asks. */
  readonly judge: Judge | undefined;
  readonly line: Line;
  readonly log: AttemptLog;
  readonly pending: Pending<Operation>;
  readonly reporter: Reporter;
  /** Is told how long each round trip took. */
  readonly timing: Pick<Timing, "isMeasuring" | "sample">;
  /** Moves an operation on. */
  readonly happen: (operation: Operation, happening: Happening, nowUs: number) => void;
}

/** Receives what the codec reads. */
export class Inbox implements Arrivals {
  readonly #parts: InboxParts;
  atUs = 0;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  onReply(identity: ReplyIdentity, payload: Uint8Array, marks: ReplyMarks): void {
    const { happen, hedge, judge, log, pending, timing } = this.#parts;
    const operation = pending.get(identity.operation);
    const record = operation?.attempts[identity.attempt - 1];
    if (operation === undefined || record === undefined || record.ended === "refused") {
      this.onStale(identity);
      return;
    }
    const nowUs = this.atUs;
    operation.reply = copyOf(payload);
    operation.replayed = marks.replayed;
    operation.ambiguous = marks.ambiguous;
    if (timing.isMeasuring && !marks.ambiguous) timing.sample(nowUs - record.sentUs);
    judge?.("answer", nowUs);
    if (record === operation.twin) operation.exchangeTwins();
    if (record === operation.running) {
      hedge?.sample(nowUs - firstSentUs(operation, record));
      log.end(operation, { ended: "reply", status: undefined, nowUs });
    } else {
      hedge?.sample(nowUs - record.sentUs);
      log.late(operation, record, nowUs);
    }
    happen(operation, REPLY, nowUs);
  }

  onErrorReply(identity: ReplyIdentity, { status, retryAfterMs }: ErrorReply): void {
    const operation = this.#running(identity);
    if (operation === undefined) {
      this.onStale(identity);
      return;
    }
    const failure = this.#refusal(operation, status);
    const retryAfterUs = retryAfterMs * 1000;
    if (retryAfterUs > 0) this.#tellPushBack(identity, retryAfterUs);
    this.#fail({ operation, attempt: identity.attempt }, failure, retryAfterUs);
  }

  /** What another life refuses may be given to it; else nobody knows what became of it. */
  #refusal(operation: Operation, status: ErrorReply["status"]): AttemptFailure {
    if (status === "tooOld" && operation.adopt(this.#parts.channel.life)) {
      const message = "the server has begun a new life since it was first sent";
      return { code: "error-reply", status: "server-restarted", message };
    }
    const message = `the server answered with the error "${status}"`;
    return { code: "error-reply", status, message };
  }

  onDamage(identity: ReplyIdentity | undefined, damage: Damage): void {
    this.#refused(damage);
    if (identity === undefined) return;
    const operation = this.#running(identity);
    if (operation === undefined) return;
    const message = `its reply was damaged: ${damage.message}`;
    const failure = { code: "corrupt", status: undefined, message } as const;
    this.#fail({ operation, attempt: identity.attempt }, failure, 0);
  }

  onBroken(damage: Damage): void {
    const { channel, line, pending } = this.#parts;
    this.#refused(damage);
    const running = pending.list().filter((operation) => operation.runsOn(channel));
    // With one attempt under way there is no doubt whose reply was damaged.
    const code = running.length === 1 ? "corrupt" : "reset";
    const message = `the replies on this link can no longer be told apart: ${damage.message}`;
    line.drop({ code, status: "stream-damaged", message });
  }

  onStale(identity: ReplyIdentity | undefined): void {
    const { counters, reporter } = this.#parts;
    counters.staleReplies++;
    if (!reporter.isOn) return;
    reporter.emit({
      event: "stale-reply",
      atUs: this.atUs,
      operation: identity?.operation,
      attempt: identity?.attempt,
    });
  }

  onUnexpected({ refused, message }: Damage): void {
    const { atUs } = this;
    const { reporter } = this.#parts;
    if (reporter.isOn) reporter.emit({ event: "refusal", atUs, refused, message });
  }

  /** The operation of that attempt, where it is under way. */
  #running({ operation: id, attempt }: ReplyIdentity): Operation | undefined {
    const operation = this.#parts.pending.get(id);
    if (operation?.running?.attempt === attempt) return operation;
    return operation?.twin?.attempt === attempt ? operation : undefined;
  }

  #fail(
    { operation, attempt }: { operation: Operation; attempt: number },
    failure: AttemptFailure,
    retryAfterUs: number,
  ): void {
    const { happen, judge, log } = this.#parts;
    const nowUs = this.atUs;
    judge?.(isAgainstServer(failure, true) ? "failure" : "answer", nowUs);
    const ending = { ended: failure.code, status: failure.status, nowUs };
    // While another attempt is under way, only what holds for every attempt is the end.
    if (operation.twin !== undefined && classify(failure, true).retry && retryAfterUs < Infinity) {
      log.endOne(operation, operation.attempts[attempt - 1]!, ending);
      happen(operation, { on: "twin-failed", failure }, nowUs);
      return;
    }
    log.end(operation, ending);
    const happening = { on: "failed", nowUs, failure, handed: true, elsewhere: false } as const;
    happen(operation, { ...happening, retryAfterUs }, nowUs);
  }

  #tellPushBack({ operation, attempt }: ReplyIdentity, retryAfterUs: number): void {
    const { reporter } = this.#parts;
    if (!reporter.isOn) return;
    reporter.emit({ event: "push-back", atUs: this.atUs, operation, attempt, retryAfterUs });
  }

  #refused(damage: Damage): void {
    this.#parts.counters.corruptionsDetected++;
    this.onUnexpected(damage);
  }
}

/** When the first of the attempts under way was sent. */
function firstSentUs({ twin }: Operation, record: AttemptRecord): number {
  return twin === undefined ? record.sentUs : Math.min(record.sentUs, twin.sentUs);
}

/** A copy that is a plain array of its own, whatever kind of view the payload is. */
function copyOf(payload: Uint8Array): Uint8Array {
  const copy = new Uint8Array(payload.length);
  copy.set(payload);
  return copy;
}
