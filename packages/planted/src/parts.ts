/**
 * What a planted bug is: parts to run an experiment with, and the same parts without the mistake.
 *
 * Both are made anew for each run. `sound` differs from `broken` by the mistake alone, so that a
 * search which finds something with the one and nothing with the other has found the mistake.
 */
import type { Client, ClientOptions } from "@faultline/client";
import type { ServerCore, ServerCoreOptions } from "@faultline/server";

/** As much of a server core as a simulated run asks for. */
export type ServerPart = Pick<
  ServerCore,
  "accept" | "setFaults" | "stats" | "takeEndings" | "takeRecords"
>;

/** The parts of one run; what is missing is the true one. */
export interface Parts {
  readonly createClient?: (options: ClientOptions) => Client;
  readonly createServerCore?: (options: ServerCoreOptions) => ServerPart;
}

/** Makes the parts of one run. */
export type CreateParts = () => Parts;

/** A mistake, and where to look for it. */
export interface Planted {
  /** Name of its module in `src/` and of its spec in `specs/`. */
  readonly name: string;
  /** What is wrong with it, in a sentence. */
  readonly mistake: string;
  readonly broken: CreateParts;
  readonly sound: CreateParts;
}
