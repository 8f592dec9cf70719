/**
 * The events of a client as OpenTelemetry metrics.
 *
 * `rpc.client.call.duration` is that of the semantic conventions for RPC (1.45, stable): seconds of a
 * whole message, `error.type` where it was not delivered. What they have no name for stands under
 * `faultline.client.`, in the same style: base units (UCUM), singular names, no identifiers of single
 * messages among the attributes. A meter is known by its shape alone, that of `@opentelemetry/api`, so
 * nothing has to be installed; spans are left out, since a client that keeps a log of attempts in
 * every outcome needs none to explain it.
 */
import type { ClientEvent, ClientListener } from "./events.ts";
import type { Outcome } from "./outcome.ts";

/** Attributes of a measurement. */
export type MetricAttributes = Record<string, string | number | boolean>;

/** As much of an instrument's description as is given here. */
export interface InstrumentOptions {
  readonly description: string;
  /** UCUM. */
  readonly unit: string;
  /** Upper bounds of a histogram's buckets, unless a view says otherwise. */
  readonly advice?: { explicitBucketBoundaries?: number[] };
}

interface Adding {
  add(value: number, attributes?: MetricAttributes): void;
}

interface Recording {
  record(value: number, attributes?: MetricAttributes): void;
}

/** As much of a `Meter` of `@opentelemetry/api` as is needed. */
export interface EventMeter {
  createCounter(name: string, options: InstrumentOptions): Adding;
  createUpDownCounter(name: string, options: InstrumentOptions): Adding;
  createHistogram(name: string, options: InstrumentOptions): Recording;
}

/** How events are metered. */
export interface MeterOptions {
  /** Stand beside every measurement, such as `server.address`, `server.port`, `network.transport`. */
  readonly attributes?: MetricAttributes;
}

/** The boundaries that the conventions advise, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const US_PER_SECOND = 1_000_000;
const SYSTEM = { "rpc.system.name": "faultline" };

/**
 * A listener that counts and times every event by a meter. One meter may serve many clients, and
 * their figures add up; each client has a listener of its own.
 *
 * @example
 * createClient({ ...options, onEvent: meterEvents(metrics.getMeter("faultline")) });
 */
export function meterEvents(meter: EventMeter, options: MeterOptions = {}): ClientListener {
  const instruments = new Instruments(meter, { ...SYSTEM, ...options.attributes });
  return (event) => instruments.take(event);
}

class Instruments {
  readonly #common: MetricAttributes;
  readonly #call: Recording;
  readonly #attempt: Recording;
  readonly #backoff: Recording;
  readonly #queue: Recording;
  readonly #active: Adding;
  readonly #queued: Adding;
  readonly #connections: Adding;
  readonly #counts: Adding;
  readonly #waiting = new Set<number>();

  constructor(meter: EventMeter, common: MetricAttributes) {
    const timed = (name: string, description: string): Recording =>
      meter.createHistogram(name, {
        description,
        unit: "s",
        advice: { explicitBucketBoundaries: SECONDS },
      });
    const level = (name: string, description: string, unit: string): Adding =>
      meter.createUpDownCounter(`faultline.client.${name}`, { description, unit });
    this.#common = common;
    this.#call = timed("rpc.client.call.duration", "From submission to outcome.");
    this.#attempt = timed("faultline.client.attempt.duration", "From sending to its end.");
    this.#backoff = timed("faultline.client.backoff.duration", "Waits before attempts.");
    this.#queue = timed("faultline.client.queue.duration", "Waits for a place in flight.");
    this.#active = level("active_messages", "Messages without an outcome.", "{message}");
    this.#queued = level("queued_messages", "Messages that wait for a place.", "{message}");
    this.#connections = level("open_connections", "Open links.", "{connection}");
    this.#counts = meter.createCounter("faultline.client.events", {
      description: "Everything else that happens, by its name.",
      unit: "{event}",
    });
  }

  take(event: ClientEvent): void {
    switch (event.event) {
      case "submitted":
        this.#active.add(1, this.#common);
        return;
      case "queued":
        this.#waiting.add(event.operation);
        this.#queued.add(1, this.#common);
        return;
      case "placed":
        this.#leaveQueue(event.operation);
        this.#queue.record(event.waitedUs / US_PER_SECOND, this.#common);
        return;
      case "attempt-ended":
        this.#attempt.record(event.tookUs / US_PER_SECOND, {
          ...this.#common,
          ...endpointOf(event),
          "faultline.attempt.ended": event.ended,
          ...(event.ended === "reply" ? {} : { "error.type": event.status ?? event.ended }),
        });
        return;
      case "backoff":
        this.#backoff.record(event.delayUs / US_PER_SECOND, this.#common);
        return;
      case "settled":
        this.#settled(event.outcome);
        return;
      case "open":
        this.#connections.add(1, { ...this.#common, ...endpointOf(event) });
        this.#count(event);
        return;
      case "closed":
      case "lost":
        this.#connections.add(-1, { ...this.#common, ...endpointOf(event) });
        this.#count(event);
        return;
      default:
        this.#count(event);
    }
  }

  #settled(outcome: Outcome): void {
    this.#active.add(-1, this.#common);
    this.#leaveQueue(outcome.operation);
    this.#call.record((outcome.endedUs - outcome.submittedUs) / US_PER_SECOND, {
      ...this.#common,
      "faultline.outcome": outcome.outcome,
      ...(outcome.error === undefined ? {} : { "error.type": outcome.error.code }),
    });
  }

  /** One that was aborted leaves the queue without a place. */
  #leaveQueue(operation: number): void {
    if (this.#waiting.delete(operation)) this.#queued.add(-1, this.#common);
  }

  #count(event: ClientEvent): void {
    this.#counts.add(1, {
      ...this.#common,
      "faultline.event": event.event,
      ...("endpoint" in event && endpointOf(event)),
      ...particulars(event),
    });
  }
}

/** The endpoint of a pool, by its name. */
function endpointOf({ endpoint }: { readonly endpoint: string | undefined }): MetricAttributes {
  return endpoint === undefined ? {} : { "faultline.endpoint": endpoint };
}

/** What tells events of one name apart; few values each. */
function particulars(event: ClientEvent): MetricAttributes {
  switch (event.event) {
    case "sent":
      return { "faultline.hedge": event.hedge };
    case "attempt-refused":
    case "hedge-refused":
      return { "faultline.refused.by": event.by };
    case "breaker":
      return { "faultline.breaker.state": event.state };
    case "refusal":
      return { "error.type": event.refused };
    case "dial-failed":
    case "lost":
      return { "error.type": event.status };
    default:
      return {};
  }
}
