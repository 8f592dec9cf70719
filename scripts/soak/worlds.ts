/**
 * The worlds a soak can run in, by the name that `--world` takes. Another one is a line here.
 */
import { realSoak } from "./real.ts";
import { simulatedSoak } from "./simulated.ts";
import type { SoakWorld } from "./soak.ts";

/** All of them. */
export const worlds: Readonly<Record<string, SoakWorld>> = {
  real: realSoak,
  simulated: simulatedSoak,
};
