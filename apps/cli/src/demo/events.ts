/**
 * Server-sent events, read from a byte stream (WHATWG HTML, section 9.2.6).
 *
 * Only what a client of one server needs: no reconnection, since the demo's server lives in the
 * same process. Any cut of the bytes gives the same events.
 */

/** One event. */
export interface ServerSentEvent {
  /** The event's name; `message` where the server gave none. */
  readonly event: string;
  readonly data: string;
}

interface Draft {
  event: string;
  data: string[];
}

function field(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  if (colon === -1) return [line, ""];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}

async function* textLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}

/** The events of a response body, as they come. An event that was cut off by the end is left out. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void, void> {
  let draft: Draft = { event: "message", data: [] };
  for await (const line of textLines(body)) {
    if (line === "") {
      if (draft.data.length > 0) yield { event: draft.event, data: draft.data.join("\n") };
      draft = { event: "message", data: [] };
      continue;
    }
    const [name, value] = field(line);
    if (name === "event") draft.event = value;
    if (name === "data") draft.data.push(value);
  }
}
