/**
 * The client without its promises: lets messages in, hands their outcomes out, closes.
 *
 *   submit -> door -> flow ... flow -> done
 *
 * Synchronous, over the injected dialer, clock and draw: the simulated network runs this very
 * code. client.ts puts promises on top and nothing else.
 */
import type { MessageVerdict } from "@faultline/protocol";
import { Closing } from "./closing.ts";
import { bytesOf, refusalAt } from "./door.ts";
import { Flow } from "./flow.ts";
import type { Done } from "./operation.ts";
import { Operation } from "./operation.ts";
import type { Policy, SubmitOptions } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import type { CreateRoute } from "./route.ts";
import type { ClientStats } from "./stats.ts";
import { rttStats } from "./stats.ts";

/** The engine of one client. */
export class Engine {
  readonly #policy: Policy;
  readonly #flow: Flow;
  readonly #closing: Closing;
  readonly #onDue = (operation: Operation, nowUs: number): void => this.#flow.due(operation, nowUs);
  #nextOperation = 0;
  /** Whether `submit` is running: outcomes then wait until it has returned. */
  #submitting = false;

  constructor(policy: Policy, createRoute: CreateRoute) {
    this.#policy = policy;
    this.#flow = new Flow(policy, createRoute, (operation, outcome) =>
      this.#settled(operation, outcome),
    );
    this.#closing = new Closing(this.#flow);
  }

  /**
   * Takes a message.
   *
   * @returns its operation id.
   * @throws TypeError or RangeError where an argument is wrong; then no id is used up.
   */
  submit(body: Uint8Array | string, options: SubmitOptions, done: Done): number {
    const verdict = this.#policy.check?.(body);
    const submittedUs = this.#policy.clock.nowUs();
    const id = this.#nextOperation;
    const submission = { operation: id, body: bytesOf(body), submittedUs, options, done };
    const operation = new Operation(submission, this.#policy, this.#onDue);
    this.#nextOperation++;
    const { counters, reporter } = this.#flow;
    counters.operations++;
    if (reporter.isOn) {
      const { length: bytes } = operation.body;
      reporter.emit({ event: "submitted", atUs: submittedUs, operation: id, bytes });
    }
    const wasSubmitting = this.#submitting;
    this.#submitting = true;
    this.#admit(operation, verdict);
    this.#submitting = wasSubmitting;
    return id;
  }

  /** Settles what is open, within `graceUs` where that is given, ends the line, calls `closed`. */
  close(graceUs: number | undefined, closed: () => void): void {
    const untilUs = graceUs === undefined ? undefined : this.#policy.clock.nowUs() + graceUs;
    this.#closing.begin(untilUs, closed);
  }

  stats(): ClientStats {
    const { counters, inFlight, queued } = this.#flow;
    const rtt = rttStats(this.#policy.timing.rtt);
    return { ...counters, ended: { ...counters.ended }, inFlight, queued, rtt };
  }

  #admit(operation: Operation, verdict: MessageVerdict | undefined): void {
    const { body, signal, submittedUs } = operation;
    const refused = refusalAt({
      bytes: body.length,
      bytesMax: this.#policy.bodyBytesMax,
      verdict,
      isClosing: this.#closing.isClosing,
      hasRoom: this.#flow.hasRoomFor(operation),
    });
    if (refused !== undefined) this.#flow.happen(operation, refused, submittedUs);
    else if (signal?.aborted === true) {
      const cause: unknown = signal.reason;
      const aborted = { on: "abandoned", code: "aborted", cause } as const;
      this.#flow.happen(operation, aborted, submittedUs);
    } else this.#flow.begin(operation, submittedUs);
  }

  #settled(operation: Operation, outcome: Outcome): void {
    const { reporter } = this.#flow;
    const { clock } = this.#policy;
    if (this.#submitting) clock.defer(() => reporter.finish(operation.done, outcome));
    else reporter.finish(operation.done, outcome);
    this.#closing.check();
  }
}
