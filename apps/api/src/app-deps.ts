/**
 * What the app is built from: everything that touches the world comes in here.
 */

import type { Context } from "hono";
import type { Clock } from "./clock.ts";
import type { GuardOptions } from "./guard/guard.ts";
import type { Limits } from "./limits.ts";
import type { Observer } from "./observe/observer.ts";
import type { RunService } from "./runs/service.ts";

/** Passed to every handler. */
export interface AppDeps {
  readonly runs: RunService;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Who is let in. @default anybody, by loopback's names */
  readonly guard?: GuardOptions;
  /** Told of every answer. @default figures at `/metrics`, no log */
  readonly observer?: Observer;
  /** Of this program, as `GET /v1/health` tells it. */
  readonly version: string;
  /** Told of every failure that became a 5xx; must not throw. */
  readonly onFailure: (error: unknown) => void;
}

/** Cuts the connection under a request, where there is one (in a test there is none). */
export function cutConnection(context: Context): void {
  const { outgoing } = (context.env ?? {}) as { outgoing?: { destroy(): void } };
  outgoing?.destroy();
}
