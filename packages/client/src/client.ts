/**
 * The client as users hold it: a thin face of promises over the engine.
 *
 * A promise here always resolves: what the world did is in the outcome. Only a wrong argument
 * rejects, since that is a mistake in a program. Nothing is decided in this file.
 */
import { durationUsOf } from "./checks.ts";
import { Engine } from "./engine.ts";
import type { Done } from "./operation.ts";
import type { ClientOptions, SubmitOptions } from "./options.ts";
import { createPolicy } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { soleRoute } from "./route.ts";
import type { ClientStats } from "./stats.ts";

/** How a client is closed. */
export interface CloseOptions {
  /** How long open messages may still take before they settle as `closed`. @default until the last deadline */
  readonly graceMs?: number;
}

/** Sends messages to one server, and says what became of each. */
export interface Client extends AsyncDisposable {
  /**
   * Sends a message and waits for its outcome. A string travels as UTF-8; bytes must not be
   * changed until the promise has settled.
   *
   * @example
   * const outcome = await client.send("Hey");
   * if (outcome.outcome === "delivered") console.log(outcome.reply);
   * else console.log(outcome.error.code);
   *
   * @throws TypeError or RangeError (as a rejection) where an argument is wrong.
   */
  send(body: Uint8Array | string, options?: SubmitOptions): Promise<Outcome>;
  /**
   * The same without a promise: `done` is called once, within the event that settles the message,
   * and never before `submit` has returned. For load generators and simulations.
   *
   * @returns the operation id: 0 for the first message, then counting up.
   * @throws TypeError or RangeError where an argument is wrong; then no id is used up.
   */
  submit(body: Uint8Array | string, options: SubmitOptions, done: Done): number;
  /** What has been counted so far. */
  stats(): ClientStats;
  /**
   * Lets no message in any more, waits for the open ones, and ends the connection.
   *
   * @throws TypeError or RangeError (as a rejection) where `graceMs` is wrong.
   */
  close(options?: CloseOptions): Promise<void>;
}

const NO_OPTIONS: SubmitOptions = {};

/**
 * Makes a client. It connects when the first message needs it.
 *
 * @example
 * const client = createClient({
 *   dialer: tcpDialer({ host: "127.0.0.1", port: 7000 }),
 *   clock: systemClock(),
 *   draw: randomDraw(),
 *   session: randomSession(),
 * });
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createClient(options: ClientOptions): Client {
  return clientOf(new Engine(createPolicy(options), soleRoute));
}

/** The face of an engine. */
export function clientOf(engine: Engine): Client {
  return new PromiseClient(engine);
}

class PromiseClient implements Client {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  send(body: Uint8Array | string, options: SubmitOptions = NO_OPTIONS): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#engine.submit(body, options, resolve);
    });
  }

  submit(body: Uint8Array | string, options: SubmitOptions, done: Done): number {
    return this.#engine.submit(body, options, done);
  }

  stats(): ClientStats {
    return this.#engine.stats();
  }

  close({ graceMs }: CloseOptions = {}): Promise<void> {
    return new Promise((resolve) => {
      const setting = { doing: "close", name: "graceMs", value: graceMs };
      const graceUs = graceMs === undefined ? undefined : durationUsOf(setting);
      this.#engine.close(graceUs, resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
