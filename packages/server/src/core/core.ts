/**
 * The server without a socket: give it a clock and links, and it serves.
 *
 *   shell ─► accept(link) ─► Conversation ─► … ─► link.send
 *
 * Worker threads feed it sockets, tests feed it memory, a simulation feeds it a virtual network; all
 * run this same code. It takes time, links and nothing else from outside, and returns no promise:
 * an event and its effect are one call. Threads, ports and restarts are not its business.
 */
import { FaultChain, type FaultPlan, type FaultRecord } from "@faultline/faults";
import type { Link, LinkEvents, Timer } from "@faultline/protocol";
import { FrameWriter } from "@faultline/protocol";
import type { ServerEnding, ServerEvent, ServerFaultRecord } from "../event.ts";
import type { ServerEventBody, ServerRefusalCode } from "../event.ts";
import { type ServerLimits, serverLimits } from "../limits.ts";
import { type CoreStats, type RefusalCounts, zeroCounters } from "../stats.ts";
import { authenticationOf } from "./auth.ts";
import type { CoreContext, Party } from "./context.ts";
import { Conversation } from "./conversation.ts";
import type { ServerCoreOptions } from "./core-options.ts";
import type { Dialogue } from "./dialogue.ts";
import { FrameDialogue } from "./frame-dialogue.ts";
import { FIRST_LIFE } from "./life.ts";
import { LimitAlarm } from "./limit-alarm.ts";
import { Occurrences } from "./occurrences.ts";
import { PipeDialogue } from "./pipe-dialogue.ts";
import { cutOf, idsOf, NO_FAULTS } from "./plan.ts";
import { sweepEveryUs } from "./patience.ts";
import { placed, RecordBook } from "./record-book.ts";
import { checkResponder, createResponder } from "./responder.ts";
import { Schedule } from "./schedule.ts";
import { SessionTable } from "./session-table.ts";

/** Sessions whose fault state is kept: the faults' own default, for each pipe body is one. */
const FAULT_SESSIONS_MIN = 65_536;

/**
 * Makes a server that is fed with links.
 *
 * @throws {RangeError} where a limit or the plan breaks its rules, or where the counter responder is
 *   asked to count pipe messages, which have no identity to count by.
 */
export function createServerCore(options: ServerCoreOptions): ServerCore {
  return new ServerCore(options);
}

/** @see createServerCore */
export class ServerCore {
  readonly #context: CoreContext;
  readonly #worker: number;
  readonly #onEvent: ((event: ServerEvent) => void) | undefined;
  readonly #conversations = new Set<Conversation>();
  readonly #refusals: RefusalCounts = {};
  readonly #alarm: LimitAlarm;
  readonly #records: RecordBook<ServerFaultRecord>;
  readonly #endings: RecordBook<ServerEnding>;
  #connections = 0;
  #sweep: Timer | undefined;
  #onDrained: (() => void) | undefined;

  constructor(options: ServerCoreOptions) {
    const { clock, codec = "frame", responder = "echo", plan = NO_FAULTS } = options;
    const limits = serverLimits(options.limits);
    const auth = authenticationOf(options, limits.sessionsMax);
    const sessionsMax = Math.max(limits.sessionsMax, FAULT_SESSIONS_MIN);
    this.#records = new RecordBook(limits.recordsMax);
    this.#endings = new RecordBook(limits.recordsMax);
    this.#worker = options.worker ?? 0;
    this.#onEvent = options.onEvent;
    this.#alarm = new LimitAlarm(clock, limits, (event) => this.#emit(event));
    this.#context = {
      auth,
      clock,
      codec,
      limits,
      chain: new FaultChain(plan, { sessionsMax }),
      faultIds: idsOf(plan),
      cut: cutOf(plan),
      faulty: plan.faults.length > 0,
      schedule: new Schedule(clock),
      sessions:
        options.memory ?? new SessionTable(limits, { ...FIRST_LIFE, sinceUs: clock.nowUs() }),
      occurrences: new Occurrences(),
      responder: typeof responder === "string" ? createResponder(responder) : responder,
      writer: new FrameWriter({ keys: auth.keys }),
      counters: zeroCounters(),
      tap: options.tap,
      verbose: options.events !== undefined && options.events !== "none",
      payloadBytesTold: options.events === "payloads" ? limits.eventPayloadBytesMax : 0,
      draining: undefined,
      emit: (event) => this.#emit(event),
      record: (record, party, sequence) => this.#record(record, party, sequence),
      ended: (ending) => this.#keep(this.#endings.add(ending)),
      refused: (code) => this.#countRefusal(code),
      atLimit: (limit) => this.#alarm.met(limit),
    };
    checkResponder(codec, this.#context.responder);
  }

  /** The link's owner from here on. Its bytes may come at once. */
  accept(link: Link, transport?: "tls"): LinkEvents {
    const { limits, counters } = this.#context;
    const { draining } = this.#context;
    if (this.#conversations.size >= limits.connectionsMax || draining !== undefined) {
      return this.#turnAway(link);
    }
    counters.connectionsTotal++;
    const connection = ++this.#connections;
    const parts = { connection, context: this.#context, host: this.#host };
    const conversation = new Conversation(link, parts);
    this.#conversations.add(conversation);
    this.#armSweep();
    if (this.#context.verbose) {
      const carrier = transport ?? (link.kind === "stream" ? "tcp" : "udp");
      this.#emit({ event: "accept", connection, transport: carrier, remote: link.remote });
    }
    return conversation;
  }

  /**
   * Takes a link back that has said nothing yet: it is at home on another worker, which counts it.
   *
   * @param events what `accept` returned for it
   */
  release(events: LinkEvents, home: number): void {
    if (!(events instanceof Conversation) || events.isOver) return;
    const { connection, remote } = events;
    events.leave();
    this.#context.counters.connectionsTotal--;
    if (this.#context.verbose) this.#emit({ event: "relay", connection, remote, home });
  }

  /** A shell did not let a peer in. */
  turnedAway(refusal: { code: ServerRefusalCode; message: string }, remote: string): void {
    this.#countRefusal(refusal.code);
    if (!this.#context.verbose) return;
    this.#emit({ event: "refusal", connection: 0, remote, ...refusal, fatal: true });
  }

  /** A shell had to drop a datagram at this limit. */
  datagramDropped(limit: keyof ServerLimits): void {
    this.#context.counters.datagramsDropped++;
    this.#alarm.met(limit);
  }

  /** An event that a shell wants to be told. */
  tell(event: ServerEventBody): void {
    this.#emit(event);
  }

  /**
   * Changes the faults at once; what is under way keeps what was decided for it.
   *
   * @throws {RangeError} where the plan breaks a rule; the old one stays.
   */
  setFaults(plan: FaultPlan): void {
    this.#context.chain.replace(plan);
    this.#context.faultIds = idsOf(plan);
    this.#context.cut = cutOf(plan);
    this.#context.faulty ||= plan.faults.length > 0;
    this.#emit({ event: "faults-changed", faults: [...this.#context.faultIds] });
  }

  /** What was counted so far. */
  stats(): CoreStats {
    const { counters, chain, sessions, responder } = this.#context;
    let heldBytes = 0;
    for (const conversation of this.#conversations) heldBytes += conversation.heldBytes;
    return {
      ...counters,
      connectionsOpen: this.#conversations.size,
      sessions: sessions.size,
      heldBytes,
      counter: responder.count,
      refusals: { ...this.#refusals },
      faults: chain.stats(),
    };
  }

  /** The proofs of all faults that acted since the last call, in the order in which they did. */
  takeRecords(): ServerFaultRecord[] {
    return this.#records.take();
  }

  /** The connections that ended since the last call, once faults had ever been in force. */
  takeEndings(): ServerEnding[] {
    return this.#endings.take();
  }

  /**
   * Executes nothing new, sends what is still held back, ends every link.
   *
   * @param done is called once, when the last link is gone.
   * @param retryAfterMs what clients are told that ask for something new; 0: nothing.
   */
  drain(done: () => void, retryAfterMs = 0): void {
    this.#context.draining = { retryAfterMs };
    this.#onDrained = done;
    this.#emit({ event: "shutdown", connectionsOpen: this.#conversations.size });
    for (const conversation of this.#conversations) conversation.finish("shutdown");
    this.#tellDrained();
  }

  /** Drops every link at once, and stops. */
  close(): void {
    this.#context.draining ??= { retryAfterMs: 0 };
    for (const conversation of this.#conversations) conversation.drop("shutdown");
    this.#context.sessions.commit();
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  readonly #host = {
    createDialogue: (conversation: Conversation): Dialogue =>
      this.#context.codec === "pipe"
        ? new PipeDialogue(conversation, this.#context)
        : new FrameDialogue(conversation, this.#context),
    forget: (conversation: Conversation): void => {
      this.#conversations.delete(conversation);
      this.#tellDrained();
    },
  };

  #tellDrained(): void {
    if (this.#conversations.size > 0 || this.#onDrained === undefined) return;
    const done = this.#onDrained;
    this.#onDrained = undefined;
    this.#context.sessions.commit();
    this.#sweep?.cancel();
    this.#sweep = undefined;
    done();
  }

  #turnAway(link: Link): LinkEvents {
    const draining = this.#context.draining !== undefined;
    this.#countRefusal(draining ? "shutting-down" : "connections-full");
    if (!draining) this.#alarm.met("connectionsMax");
    link.reset();
    return { onOpen() {}, onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} };
  }

  /** One timer for every idle link, every slow frame and every old session. */
  #armSweep(): void {
    if (this.#sweep !== undefined) return;
    const { clock, limits } = this.#context;
    const everyUs = sweepEveryUs(limits);
    this.#sweep = clock.setTimer(clock.nowUs() + everyUs, () => {
      this.#sweep = undefined;
      const nowUs = clock.nowUs();
      for (const conversation of this.#conversations) conversation.sweep(nowUs);
      this.#context.sessions.sweep(nowUs);
      this.#context.sessions.commit();
      if (this.#conversations.size > 0 || this.#context.sessions.size > 0) this.#armSweep();
    });
  }

  #record(record: FaultRecord, { connection, remote }: Party, sequence: number): void {
    const kept = placed(record, remote, sequence);
    this.#keep(this.#records.add(kept));
    if (this.#context.verbose) this.#emit({ event: "fault", connection, record: kept });
  }

  #keep(kept: boolean): void {
    if (kept) return;
    this.#context.counters.recordsDropped++;
    this.#alarm.met("recordsMax");
  }

  #countRefusal(code: ServerRefusalCode): void {
    this.#refusals[code] = (this.#refusals[code] ?? 0) + 1;
    if (code === "header-damaged" || code === "payload-damaged") {
      this.#context.counters.corruptionsDetected++;
    }
  }

  #emit(event: ServerEventBody): void {
    this.#onEvent?.({ ...event, atUs: this.#context.clock.nowUs(), worker: this.#worker });
  }
}
