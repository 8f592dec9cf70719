/**
 * The colour of a verdict, the same in every table and report.
 */
import type { Result } from "@faultline/experiment";

import type { Paint, Style } from "./style.ts";

/** How a verdict is painted. */
export function verdictPaint(verdict: Result["verdict"], style: Style): Paint {
  if (verdict === "pass") return style.good;
  return verdict === "inconclusive" ? style.warn : style.bad;
}
