/**
 * What the service is and what it offers: where to go from its root, health, the built-in scenarios.
 */

import { scenarios } from "@faultline/experiment";
import { type AppRoute, jsonAnswer } from "./route.ts";

/** For whoever has the address alone; behind the door like everything else. */
const root: AppRoute = {
  config: {
    method: "get",
    path: "/",
    operationId: "getRoot",
    summary: "What this is, and where to go from here",
    tags: ["service"],
    responses: { 200: jsonAnswer("Name, version and paths.", "Service") },
  },
  handle: (context, { version }) => context.json({ name: "faultline", version, links: LINKS }),
};

const LINKS = {
  docs: "/docs",
  openapi: "/openapi.json",
  metrics: "/metrics",
  health: "/v1/health",
  scenarios: "/v1/scenarios",
  runs: "/v1/runs",
};

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
export const aboutRoutes: readonly AppRoute[] = [root, health, listScenarios];
