/**
 * Listens; while the port is in use, again and again for as long as the main thread said.
 *
 * The operating system may give a port free a little late, or have lent it to somebody's outgoing
 * connection: a worker that replaces another has the patience to wait for it.
 */
import type { Clock } from "@faultline/protocol";
import type { ListenRefusal, WorkerSetup } from "./command.ts";
import { listenErrorCode, listenMessage } from "./error.ts";

/** Pause between two tries to get a port. */
const RETRY_US = 50_000;

/** @see module */
export class Persistence {
  readonly #setup: Pick<WorkerSetup, "host" | "patienceMs">;
  readonly #clock: Clock;

  constructor(setup: Pick<WorkerSetup, "host" | "patienceMs">, clock: Clock) {
    this.#setup = setup;
    this.#clock = clock;
  }

  /** Undefined when `listen` has succeeded, else why it has not. */
  async persist(
    transport: "tcp" | "udp" | "tls",
    port: number,
    listen: () => Promise<void>,
  ): Promise<ListenRefusal | undefined> {
    const { host, patienceMs } = this.#setup;
    const clock = this.#clock;
    const untilUs = clock.nowUs() + patienceMs[transport === "udp" ? "udp" : "tcp"] * 1000;
    for (;;) {
      try {
        await listen();
        return undefined;
      } catch (error) {
        const code = listenErrorCode(error);
        if (clock.nowUs() >= untilUs || code !== "port-in-use")
          return { code, message: listenMessage(transport, host, port, error) };
      }
      await new Promise<void>((resolve) => clock.setTimer(clock.nowUs() + RETRY_US, resolve));
    }
  }
}
