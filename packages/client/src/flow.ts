/**
 * Messages in motion: obeys what exchange.ts decides, and moves bytes, places and timers.
 *
 *   place -> exchange -> connection -> line => wire
 *   settled <- exchange <- inbox <- connection <- line <= wire
 *
 * Everything happens within the event that caused it: a submission, bytes, a timer, an abort. A
 * message holds its place in flight from its first attempt to its outcome, waits included, so
 * `inFlightMax` 1 keeps the order of sending. Deciding is not done here, nor is letting in.
 */
import type { Clock } from "@faultline/protocol";
import { Aborts } from "./aborts.ts";
import { AttemptLog } from "./attempt-log.ts";
import type { Channel, ChannelOwner } from "./channel.ts";
import { Deadlines } from "./deadlines.ts";
import type { Happening, Settled } from "./exchange.ts";
import { advance } from "./exchange.ts";
import type { AttemptFailure } from "./failure.ts";
import { Gate } from "./gate.ts";
import { BARRED, CLOSED, failed, PLACED, REPLY, TIMEOUT } from "./happenings.ts";
import { Hedging } from "./hedging.ts";
import { ServerLives } from "./lives.ts";
import type { Operation } from "./operation.ts";
import type { Policy } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { Pending } from "./pending.ts";
import { Places } from "./places.ts";
import { Reporter } from "./reporter.ts";
import type { CreateRoute, Route } from "./route.ts";
import type { Counters } from "./stats.ts";
import { createCounters } from "./stats.ts";

/** Is told, exactly once for each message, what became of it. */
export type OnSettled = (operation: Operation, outcome: Outcome) => void;

/** The messages of one client and all they need. */
export class Flow implements ChannelOwner {
  readonly counters: Counters = createCounters();
  readonly deadlines: Deadlines;
  readonly reporter: Reporter;
  readonly #clock: Clock;
  readonly #expectReply: boolean;
  readonly #onSettled: OnSettled;
  readonly #route: Route;
  readonly #gate: Gate;
  readonly #hedging: Hedging | undefined;
  readonly #log: AttemptLog;
  readonly #pending: Pending<Operation>;
  readonly #places: Places;
  readonly #aborts: Aborts<Operation>;

  constructor(policy: Policy, createRoute: CreateRoute, onSettled: OnSettled) {
    const { counters } = this;
    const { breaker, clock, hedge } = policy;
    const deadlines = new Deadlines(clock);
    const reporter = new Reporter(clock, policy.onEvent);
    const log = new AttemptLog(counters, reporter);
    const pending = new Pending<Operation>(policy.inFlightMax);
    const happen = this.happen.bind(this);
    const shared = { clock, counters, deadlines, happen, log, pending, policy, reporter };
    const route = createRoute({ ...shared, lives: new ServerLives(), owner: this });
    this.deadlines = deadlines;
    this.reporter = reporter;
    this.#clock = clock;
    this.#expectReply = policy.expectReply;
    this.#onSettled = onSettled;
    this.#route = route;
    this.#gate = new Gate({ ...shared, breaker });
    this.#hedging = hedge === null ? undefined : new Hedging({ ...shared, hedge, route });
    this.#log = log;
    this.#pending = pending;
    this.#places = new Places(pending, policy, (operation) => this.#movedUp(operation));
    this.#aborts = new Aborts((operations, cause) => this.#abort(operations, cause));
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  get queued(): number {
    return this.#places.queued;
  }

  hasRoomFor(operation: Operation): boolean {
    return this.#places.hasRoomFor(operation);
  }

  /** Gives a message a place in flight, or in the queue; there must be room. */
  begin(operation: Operation, nowUs: number): void {
    this.#aborts.watch(operation);
    if (this.#places.admit(operation)) {
      this.happen(operation, PLACED, nowUs);
      return;
    }
    this.deadlines.set(operation, operation.deadlineUs);
    this.reporter.queued(operation.operation, this.#places.queued, nowUs);
  }

  /** Tells a message what happened, and obeys the state that follows. */
  happen(operation: Operation, happening: Happening, nowUs: number): void {
    if (operation.exchange.at === "settled") return;
    if (operation.permit !== undefined) this.#gate.tell(operation, happening, nowUs);
    const exchange = advance(operation.exchange, happening, operation);
    operation.exchange = exchange;
    switch (exchange.at) {
      case "queued":
        return;
      case "ready":
        operation.readyUs = nowUs;
        operation.leave();
        if (this.#gate.ask(operation, nowUs)) this.#transmit(operation, nowUs);
        else this.happen(operation, BARRED, nowUs);
        return;
      case "sent":
        this.deadlines.append(operation, exchange.untilUs);
        return;
      case "backoff":
        operation.leave();
        this.deadlines.set(operation, exchange.untilUs);
        this.reporter.backoff(operation.operation, exchange.untilUs - nowUs, nowUs);
        return;
      case "settled":
        this.#settle(operation, exchange, nowUs);
        return;
      default:
        exchange satisfies never;
    }
  }

  /** The time has come that a message waited for. */
  due(operation: Operation, nowUs: number): void {
    const { channel, running, twinChannel } = operation;
    if (running === undefined || channel === undefined) {
      this.happen(operation, { on: "due", nowUs }, nowUs);
      return;
    }
    if (this.#hedging?.due(operation, nowUs) === true) return;
    channel.connection.giveUp(nowUs);
    // What had come of a reply may just have been told.
    if (operation.running !== running) return;
    this.#log.end(operation, { ended: "timeout", status: undefined, nowUs });
    this.happen(operation, failed(TIMEOUT, nowUs), nowUs);
    channel.timedOut(running.sentUs, nowUs);
    if (twinChannel !== channel) twinChannel?.timedOut(running.sentUs, nowUs);
  }

  /** Settles every open message as `closed`, those that wait first. */
  abandonAll(): void {
    const nowUs = this.#clock.nowUs();
    for (let { head } = this.#places; head !== undefined; { head } = this.#places) {
      this.happen(head, CLOSED, nowUs);
    }
    for (const operation of this.#pending.list()) this.happen(operation, CLOSED, nowUs);
  }

  /** Says goodbye and ends the lines. */
  finish(closed: () => void): void {
    const { channels } = this.#route;
    let left = channels.length;
    for (const { connection, line } of channels) {
      if (line.isOpen) connection.farewell();
      line.finish(() => {
        if (--left === 0) closed();
      });
    }
  }

  onChannelReady(channel: Channel): void {
    for (const operation of this.#pending.list()) {
      if (!channel.line.isReady) return;
      if (this.#route.mayMove(operation, channel)) {
        operation.leave();
        operation.take(channel);
      }
      if (operation.waitsFor(channel)) this.#transmit(operation, this.#clock.nowUs());
    }
  }

  onDialFailed(channel: Channel, failure: AttemptFailure): void {
    const nowUs = this.#clock.nowUs();
    channel.judge?.("unreached", nowUs);
    for (const operation of this.#pending.list()) {
      if (!operation.waitsFor(channel)) continue;
      const sentUs = Math.max(operation.readyUs, channel.line.dialledUs);
      this.#log.refuse(operation, failure, { sentUs, nowUs });
      const elsewhere = this.#route.hasElsewhere(operation, nowUs);
      this.happen(operation, failed(failure, nowUs, { handed: false, elsewhere }), nowUs);
    }
  }

  onChannelLost(channel: Channel, failure: AttemptFailure): void {
    const nowUs = this.#clock.nowUs();
    channel.connection.renew();
    const inFlight = this.#pending.list();
    const isUsed = inFlight.some((operation) => operation.runsOn(channel));
    if (isUsed || failure.status !== "link-ended") {
      this.counters.resets++;
      channel.judge?.("failure", nowUs);
    }
    for (const operation of inFlight) {
      if (operation.waitsFor(channel)) {
        operation.leave();
        this.#transmit(operation, nowUs);
      } else if (operation.runsOn(channel)) this.#lose(operation, channel, failure);
    }
    if (failure.status === "link-silent") this.#route.silent(channel, nowUs);
  }

  #movedUp(operation: Operation): void {
    const nowUs = this.#clock.nowUs();
    this.reporter.placed(operation.operation, nowUs - operation.submittedUs, nowUs);
    this.happen(operation, PLACED, nowUs);
  }

  /** Sends a message that is ready, or has it wait for a line. */
  #transmit(operation: Operation, nowUs: number): void {
    const channel = operation.channel ?? operation.take(this.#route.choose(operation, nowUs));
    if (!channel.line.isReady) {
      this.deadlines.set(operation, operation.deadlineUs);
      channel.want();
      return;
    }
    const alone = this.#pending.size === 1;
    operation.addressTo(channel, nowUs);
    this.#log.begin(operation, channel, nowUs);
    const timeoutUs = channel.timing.attemptTimeoutUs(operation.attempt - 1);
    this.happen(operation, { on: "sent", nowUs, timeoutUs }, nowUs);
    channel.connection.transmit(operation, nowUs, alone);
    this.#hedging?.plan(operation, nowUs);
    if (this.#expectReply) return;
    this.#log.end(operation, { ended: "reply", status: undefined, nowUs });
    this.happen(operation, REPLY, nowUs);
  }

  /** The link is gone on which an attempt was under way, or one of two. */
  #lose(operation: Operation, channel: Channel, failure: AttemptFailure): void {
    const nowUs = this.#clock.nowUs();
    const ending = { ended: failure.code, status: failure.status, nowUs };
    const record = operation.onlyOneOn(channel);
    if (record === undefined) {
      this.#log.end(operation, ending);
      this.happen(operation, failed(failure, nowUs), nowUs);
      return;
    }
    this.#log.endOne(operation, record, ending);
    this.happen(operation, { on: "twin-failed", failure }, nowUs);
  }

  /** The caller gives messages up: nothing that only they needed stays behind. */
  #abort(operations: readonly Operation[], cause: unknown): void {
    const nowUs = this.#clock.nowUs();
    const abandoned = new Set(operations.map(({ channel }) => channel));
    this.#places.hold(() => {
      for (const operation of operations) {
        this.happen(operation, { on: "abandoned", code: "aborted", cause }, nowUs);
      }
    });
    this.#places.fill();
    // With nobody left, no connection is needed at all.
    for (const channel of this.#pending.size === 0 ? this.#route.channels : abandoned) {
      if (channel?.line.isDialling !== true) continue;
      const isWanted = this.#pending.list().some((other) => other.waitsFor(channel));
      if (!isWanted) channel.line.giveUp();
    }
    if (this.deadlines.size === 0) this.deadlines.disarm();
  }

  #settle(operation: Operation, settled: Settled, nowUs: number): void {
    this.deadlines.delete(operation);
    this.#aborts.forget(operation);
    this.#places.leave(operation);
    if (operation.running !== undefined) {
      this.#log.end(operation, { ended: "aborted", status: undefined, nowUs });
    }
    operation.leave();
    this.counters[settled.outcome]++;
    if (settled.outcome === "delivered") operation.budget.earn();
    else if (settled.failure.code === "budget-exhausted") {
      this.counters.retriesRefused++;
      this.reporter.attemptRefused(operation.operation, "budget", nowUs);
    }
    if (operation.ambiguous) this.counters.ambiguous++;
    const outcome = operation.outcome(settled, nowUs);
    if (this.reporter.isOn) this.reporter.emit({ event: "settled", atUs: nowUs, outcome });
    this.#places.fill();
    this.#onSettled(operation, outcome);
  }
}
