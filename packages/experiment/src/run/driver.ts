/**
 * The workload: submits every message at its time, compares every reply with what had to come.
 *
 * Closed loop: each client has `inFlightMax` messages open and submits the next as one settles.
 * Open schedule: message k is submitted at its time (plan/arrivals.ts), whatever became of the others; what a client
 * cannot send yet waits in its queue, and latency counts from the plan. Synchronous but for the
 * clock's timers, so a simulated run drives it as it is.
 */
import type { Outcome, SubmitOptions } from "@faultline/client";
import type { Clock, Timer } from "@faultline/protocol";
import type { FullSpec } from "../spec/types.ts";
import type { Bodies } from "../plan/bodies.ts";
import { planArrivals, type Planned } from "../plan/arrivals.ts";
import { messagesOf, phaseAt, phaseStartsUs } from "../plan/schedule.ts";
import { isRightReply } from "./right.ts";

/** As much of a client as the driver needs. */
export interface Sender {
  submit(body: Uint8Array, options: SubmitOptions, done: (outcome: Outcome) => void): unknown;
}

/** A message that has its outcome. */
export interface Settled {
  readonly client: number;
  readonly message: number;
  /** Index of the phase it was planned in; -1 without phases. */
  readonly phase: number;
  /** Planned start in the clock's µs: by the rate, or when the client was free. */
  readonly plannedUs: number;
  readonly outcome: Outcome;
  /** Delivered, with the very bytes that had to come back. */
  readonly right: boolean;
}

/** What the driver works with. */
export interface DriverOptions {
  readonly spec: Pick<FullSpec, "seed" | "workload" | "phases" | "server">;
  readonly clock: Clock;
  readonly senders: readonly Sender[];
  readonly bodies: Bodies;
  /** The clock's time at which the run began. */
  readonly startUs: number;
  onSubmit(client: number, message: number): void;
  onSettled(settled: Settled): void;
  /** Everything submitted has settled, and nothing more will be. */
  onIdle(): void;
}

interface Lane {
  readonly client: number;
  readonly total: number;
  next: number;
  open: number;
}

/** Messages submitted in one go before timers and sockets get their turn. */
const BURST_MAX = 1_024;

/** Drives one run. */
export class Driver {
  readonly #options: DriverOptions;
  readonly #lanes: readonly Lane[];
  readonly #phaseStartsUs: readonly number[];
  readonly #planned: Planned;
  /** Lanes with a free place, until the event is over. */
  readonly #freed = new Set<Lane>();
  #next = 0;
  #open = 0;
  #stopped = false;
  #paused = false;
  /** Submitted since timers and sockets last had their turn. */
  #sinceTurn = 0;
  #timer: Timer | undefined;

  constructor(options: DriverOptions) {
    const { workload, phases } = options.spec;
    this.#options = options;
    this.#phaseStartsUs = phaseStartsUs(phases ?? []);
    this.#planned = planArrivals(options.spec);
    this.#lanes = options.senders.map((_, client) => ({
      client,
      total: messagesOf(workload, client),
      next: 0,
      open: 0,
    }));
  }

  /** Messages submitted so far. */
  get submitted(): number {
    return this.#next;
  }

  /** Begins, or goes on after `pause`. */
  resume(): void {
    this.#paused = false;
    this.#advance();
  }

  /** Submits nothing until `resume`; what is open goes on. */
  pause(): void {
    this.#paused = true;
  }

  /** Submits nothing more, ever. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#checkIdle();
  }

  get #isDone(): boolean {
    return this.#stopped || this.#next >= this.#options.spec.workload.messages;
  }

  /** Submits whatever may be submitted now. */
  #advance(): void {
    this.#sinceTurn = 0;
    this.#freed.clear();
    this.#fill(this.#lanes);
  }

  #fill(lanes: Iterable<Lane>): void {
    if (this.#halted) return;
    const rate = this.#options.spec.workload.ratePerSecond;
    const room = rate === null ? this.#fillLanes(lanes) : this.#followSchedule();
    if (!room && !this.#isDone) this.#wake(this.#options.clock.nowUs());
  }

  /** @returns false when there was more to submit than one go allows. */
  #fillLanes(lanes: Iterable<Lane>): boolean {
    const { inFlightMax } = this.#options.spec.workload;
    for (const lane of lanes) {
      while (lane.open < inFlightMax && lane.next < lane.total && !this.#halted) {
        if (this.#sinceTurn >= BURST_MAX) return false;
        this.#submit(lane, this.#options.clock.nowUs());
      }
    }
    return true;
  }

  /** @returns false when there was more due than one go allows. */
  #followSchedule(): boolean {
    const { spec, clock, startUs } = this.#options;
    const { messages, clients } = spec.workload;
    const nowUs = clock.nowUs();
    while (this.#next < messages && !this.#halted) {
      const lane = this.#lanes[this.#next % clients];
      if (lane === undefined) break;
      const atUs = startUs + (this.#planned(lane.client, lane.next) ?? 0);
      if (atUs > nowUs) {
        this.#wake(atUs);
        return true;
      }
      if (this.#sinceTurn >= BURST_MAX) return false;
      this.#submit(lane, atUs);
    }
    return true;
  }

  get #halted(): boolean {
    return this.#paused || this.#stopped;
  }

  #wake(atUs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(atUs, () => this.#advance());
  }

  #submit(lane: Lane, plannedAtUs: number): void {
    const { spec, senders, bodies, startUs } = this.#options;
    const { client } = lane;
    const message = lane.next;
    const body = bodies(client, message);
    const phase = phaseAt(this.#phaseStartsUs, plannedAtUs - startUs);
    lane.next += 1;
    lane.open += 1;
    this.#next += 1;
    this.#open += 1;
    this.#sinceTurn += 1;
    this.#options.onSubmit(client, message);
    const { idempotent } = spec.workload;
    senders[client]?.submit(body, { idempotent }, (outcome) => {
      lane.open -= 1;
      this.#open -= 1;
      const right =
        outcome.outcome === "delivered" && isRightReply(spec.server.responder, body, outcome.reply);
      this.#options.onSettled({ client, message, phase, plannedUs: plannedAtUs, outcome, right });
      this.#settled(lane);
    });
  }

  /**
   * The place is free. The next message waits for the end of the event: what else came in the same
   * read may end the connection, and a message sent in between would be lost with it, or not,
   * as the reads happen to be cut.
   */
  #settled(lane: Lane): void {
    const closed = this.#options.spec.workload.ratePerSecond === null;
    if (closed && lane.next < lane.total && !this.#halted) {
      if (this.#freed.size === 0) this.#options.clock.defer(() => this.#refill());
      this.#freed.add(lane);
    }
    this.#checkIdle();
  }

  #refill(): void {
    const lanes = [...this.#freed];
    this.#freed.clear();
    this.#fill(lanes);
  }

  #checkIdle(): void {
    if (this.#isDone && this.#open === 0) this.#options.onIdle();
  }
}
