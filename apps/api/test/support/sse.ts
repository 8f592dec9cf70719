/** Reads server-sent events one at a time, as an EventSource would. */

export interface SentEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

export interface SseReader {
  /** The next event; undefined at the end. Comments and `retry` are passed over. */
  next(): Promise<SentEvent | undefined>;
  /** The next block whatever it is, as text. */
  block(): Promise<string | undefined>;
  /** All that is left. */
  rest(): Promise<SentEvent[]>;
  cancel(): Promise<void>;
}

export function readSse(response: Response): SseReader {
  const reader = (response.body ?? new ReadableStream()).getReader();
  const decoder = new TextDecoder();
  let buffered = "";
  const block = async (): Promise<string | undefined> => {
    for (;;) {
      const end = buffered.indexOf("\n\n");
      if (end >= 0) {
        const text = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        return text;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      buffered += decoder.decode(value, { stream: true });
    }
  };
  const next = async (): Promise<SentEvent | undefined> => {
    for (let text = await block(); text !== undefined; text = await block()) {
      const field = (name: string): string | undefined =>
        new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
      const data = field("data");
      if (data !== undefined) {
        return { event: field("event") ?? "", id: field("id") ?? "", data: JSON.parse(data) };
      }
    }
    return undefined;
  };
  return {
    block,
    next,
    async rest() {
      const events: SentEvent[] = [];
      for (let event = await next(); event !== undefined; event = await next()) events.push(event);
      return events;
    },
    cancel: () => reader.cancel(),
  };
}
