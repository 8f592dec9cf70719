/** Requests to a service that really listens. */

import type { Run } from "../../src/runs/run.ts";
import { readSse } from "./sse.ts";

export interface Http {
  get(path: string): Promise<Response>;
  json<T>(path: string): Promise<T>;
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  start(body: unknown): Promise<Run>;
  /** Follows the run's events to their end, then gives the run. */
  untilEnd(id: string): Promise<Run>;
  /** Follows the run's events to its first exchange. */
  untilFirstExchange(id: string): Promise<void>;
}

export function http(url: string): Http {
  const client: Http = {
    get: (path) => fetch(url + path),
    json: async <T>(path: string) => (await (await fetch(url + path)).json()) as T,
    post: (body, headers = {}) =>
      fetch(`${url}/v1/runs`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    start: async (body) => (await (await client.post(body)).json()) as Run,
    async untilEnd(id) {
      await readSse(await client.get(`/v1/runs/${id}/events`)).rest();
      return client.json<Run>(`/v1/runs/${id}`);
    },
    async untilFirstExchange(id) {
      const sse = readSse(await client.get(`/v1/runs/${id}/events`));
      for (let event = await sse.next(); event?.event !== "exchange"; event = await sse.next()) {
        if (event === undefined || event.event === "end") {
          throw new Error(`the run ended without an exchange: ${JSON.stringify(event)}`);
        }
      }
      await sse.cancel();
    },
  };
  return client;
}
