/**
 * `GET /metrics`: figures for Prometheus, in its text format.
 */

import type { AppRoute } from "./route.ts";

/** The route. */
export const metricsRoute: AppRoute = {
  config: {
    method: "get",
    path: "/metrics",
    operationId: "getMetrics",
    summary: "Figures for Prometheus",
    description:
      "Since the start of the service: requests, refusals, runs, messages, attempts, faults fired, latencies; of the moment: queue, connections, streams.",
    tags: ["service"],
    responses: {
      200: {
        description: "Text format 0.0.4.",
        content: { "text/plain": { schema: { type: "string" } } },
      },
    },
  },
  async handle(context, { observer }) {
    const { metrics } = observer;
    return context.body(await metrics.text(), 200, { "content-type": metrics.contentType });
  },
};
