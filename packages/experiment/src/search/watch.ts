/**
 * Looks over the shoulder of clients and server, and changes nothing.
 *
 *   driver ─► (watch) ─► client ─► wire ─► core ─► (watch) ─► responder
 *
 * It sees what each message came to and each execution, and so finds what no count can show: an
 * operation that was executed twice while another was not executed at all. An operation is known by
 * the identity its generated body begins with (bodies.ts); bodies that a spec lists may be equal,
 * and where no checksum is on they may be damaged, so there executions are not told apart.
 */
import type { Client, Outcome } from "@faultline/client";
import {
  createResponder,
  type Responder,
  type ServerCoreOptions,
  type ServerFaultRecord,
} from "@faultline/server";
import { readIdentity } from "../plan/bodies.ts";
import { isRightReply } from "../run/right.ts";
import type { SimulatedParts } from "../run/simulated.ts";
import type { ServerPart } from "../run/simulated-server.ts";
import type { FullSpec } from "../spec/types.ts";
import { type Failure, type Invariant, invariantSignature, type MessagePlace } from "./failure.ts";

const US_PER_MS = 1_000;
/** Times are whole microseconds and deadlines need not be: a millisecond, a spec's own unit, is let pass. */
const TICK_US = 1_000;
/** Messages whose executions are told apart: beyond, a run is for measuring and not for searching. */
const TOLD_APART_MAX = 1_000_000;

/** Collects what one run shows. */
export class Watch {
  /** Of every fault that acted, in the order in which they were fetched. */
  readonly records: ServerFaultRecord[] = [];
  readonly #spec: FullSpec;
  readonly #keepsRecords: boolean;
  readonly #tellsApart: boolean;
  readonly #executions = new Map<string, number>();
  readonly #delivered = new Map<string, MessagePlace>();
  readonly #broken = new Map<Invariant, Failure>();
  readonly #cores: ServerPart[] = [];
  #clients = 0;

  constructor(spec: FullSpec, keepsRecords: boolean) {
    const { workload, checksum } = spec;
    this.#spec = spec;
    this.#keepsRecords = keepsRecords;
    this.#tellsApart =
      workload.bodies === null && checksum !== "none" && workload.messages <= TOLD_APART_MAX;
  }

  /** Broken invariants, each as it was first seen. For after the run. */
  failures(): Failure[] {
    for (const core of this.#cores) core.takeRecords();
    for (const [key, place] of this.#delivered) {
      if (this.#executions.has(key)) continue;
      this.#break("executed", place, "was delivered, but never executed");
    }
    return [...this.#broken.values()];
  }

  /** The parts, so that this watch sees what they do. */
  over({ createClient, createServerCore }: SimulatedParts): SimulatedParts {
    return {
      createClient: (options) => this.#watchClient(createClient(options)),
      createServerCore: (options) => this.#watchCore(createServerCore, options),
    };
  }

  #watchClient(client: Client): Client {
    const ordinal = this.#clients++;
    let submitted = 0;
    return {
      send: (body, options) => client.send(body, options),
      stats: () => client.stats(),
      close: (options) => client.close(options),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
      submit: (body, options, done) => {
        const place = { client: ordinal, message: submitted++ };
        let outcomes = 0;
        return client.submit(body, options, (outcome) => {
          outcomes += 1;
          if (outcomes > 1) this.#break("settled-once", place, `had ${outcomes} outcomes`);
          if (typeof body !== "string") this.#look(place, body, outcome);
          // Whoever counts must not be told twice: that one is ours to report.
          if (outcomes === 1) done(outcome);
        });
      },
    };
  }

  #look(place: MessagePlace, body: Uint8Array, outcome: Outcome): void {
    const tookUs = outcome.endedUs - outcome.submittedUs;
    const { deadlineMs } = this.#spec.client;
    if (tookUs > deadlineMs * US_PER_MS + TICK_US) {
      const what = `took ${tookUs / US_PER_MS} ms, its deadline is ${deadlineMs} ms`;
      this.#break("deadline-kept", place, what);
    }
    if (outcome.outcome !== "delivered") return;
    if (this.#tellsApart && readIdentity(body) !== undefined)
      this.#delivered.set(keyOf(place), place);
    if (this.#spec.checksum === "none") return;
    if (isRightReply(this.#spec.server.responder, body, outcome.reply)) return;
    this.#break("right-replies", place, "was delivered with another body than had to come back");
  }

  #watchCore(create: SimulatedParts["createServerCore"], options: ServerCoreOptions): ServerPart {
    const { responder = "echo" } = options;
    const own = typeof responder === "string" ? createResponder(responder) : responder;
    const core = create({ ...options, responder: this.#watchResponder(own) });
    const watched: ServerPart = {
      accept: (link) => core.accept(link),
      setFaults: (plan) => core.setFaults(plan),
      stats: () => core.stats(),
      takeEndings: () => core.takeEndings(),
      takeRecords: () => {
        const records = core.takeRecords();
        if (this.#keepsRecords) this.records.push(...records);
        return records;
      },
    };
    this.#cores.push(watched);
    return watched;
  }

  #watchResponder(own: Responder): Responder {
    return {
      name: own.name,
      extraBytes: own.extraBytes,
      get count() {
        return own.count;
      },
      respond: (payload) => {
        this.#execute(payload);
        return own.respond(payload);
      },
    };
  }

  #execute(payload: Uint8Array): void {
    const place = this.#tellsApart ? readIdentity(payload) : undefined;
    if (place === undefined) return;
    const key = keyOf(place);
    const times = (this.#executions.get(key) ?? 0) + 1;
    this.#executions.set(key, times);
    if (times > 1) this.#break("executed-once", place, `was executed ${times} times`);
  }

  #break(invariant: Invariant, place: MessagePlace, what: string): void {
    if (this.#broken.has(invariant)) return;
    const message = `message ${place.message} of client ${place.client} ${what}`;
    this.#broken.set(invariant, { signature: invariantSignature(invariant), message, place });
  }
}

function keyOf({ client, message }: MessagePlace): string {
  return `${client}/${message}`;
}
