/**
 * What the service is and what it offers: health and the built-in scenarios.
 */

import { scenarios } from "@faultline/experiment";
import { type AppRoute, jsonAnswer } from "./route.ts";

const health: AppRoute = {
  config: {
    method: "get",
    path: "/v1/health",
    operationId: "getHealth",
    summary: "Alive",
    tags: ["service"],
    responses: { 200: jsonAnswer("The service answers.", "Health") },
  },
  handle: (context, { version }) => context.json({ status: "ok", version }),
};

const listScenarios: AppRoute = {
  config: {
    method: "get",
    path: "/v1/scenarios",
    operationId: "listScenarios",
    summary: "The built-in scenarios",
    tags: ["service"],
    responses: { 200: jsonAnswer("All of them.", "ScenarioList") },
  },
  handle: (context) => context.json({ items: scenarios }),
};

/** Routes about the service itself. */
export const aboutRoutes: readonly AppRoute[] = [health, listScenarios];
