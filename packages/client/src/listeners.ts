/**
 * Several listeners as one: a log and metrics of the same client.
 *
 * Each is called with every event, in the order given. One that throws keeps none of the others from
 * hearing; what it threw comes out when all have been called.
 */
import type { ClientListener } from "./events.ts";

/**
 * One listener that tells all of these.
 *
 * @example
 * createClient({ ...options, onEvent: listeners(logEvents(console), meterEvents(meter)) });
 */
export function listeners(...all: readonly ClientListener[]): ClientListener {
  return (event) => {
    let thrown: { readonly error: unknown } | undefined;
    for (const listener of all) {
      try {
        listener(event);
      } catch (error) {
        thrown ??= { error };
      }
    }
    if (thrown !== undefined) throw thrown.error;
  };
}
