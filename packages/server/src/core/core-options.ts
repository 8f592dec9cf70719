/**
 * What a server core is made of: what it may be told beside its links.
 */
import type { FaultPlan } from "@faultline/faults";
import type { Clock, WireTap } from "@faultline/protocol";
import type { EventLevel, ServerEvent } from "../event.ts";
import type { ServerLimits } from "../limits.ts";
import type { KeyOptions } from "./auth.ts";
import type { Responder, ResponderName } from "./responder.ts";
import type { ReplyMemory } from "./session-table.ts";

/** How bytes are read: binary frames, or the original's text form. */
export type ServerCodec = "frame" | "pipe";

/** What a core is made of. */
export interface ServerCoreOptions extends KeyOptions {
  readonly clock: Clock;
  /** @default "frame" */
  readonly codec?: ServerCodec;
  /** By name, or one of your own. @default "echo" */
  readonly responder?: ResponderName | Responder;
  /** Faults from the beginning. @default none */
  readonly plan?: FaultPlan;
  readonly limits?: Partial<ServerLimits>;
  /** What it remembers of executed operations. @default its own, gone when it goes */
  readonly memory?: ReplyMemory;
  /** @default "none": the rare events only */
  readonly events?: EventLevel;
  readonly onEvent?: (event: ServerEvent) => void;
  /** Is told what passes behind the faults. @default nobody, at no cost */
  readonly tap?: WireTap;
  /** Stands in events. @default 0 */
  readonly worker?: number;
}
