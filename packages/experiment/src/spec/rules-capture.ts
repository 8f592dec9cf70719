/**
 * The rules of a capture: of one run, not of a series; secrets of what tells some; and what
 * it shows is known only where there is one.
 */
import { parseMetric } from "./metric.ts";
import { type SpecProblem, problem } from "./problem.ts";
import type { SpecParts } from "./rules.ts";

/** Everything wrong with the capture, and with what is asked of it. */
export function checkCapture({
  assert,
  capture,
  captureSecrets,
  mode,
  seeds,
  transport,
}: SpecParts): SpecProblem[] {
  const found: SpecProblem[] = [];
  if (capture === true && seeds !== null && seeds !== undefined) {
    const rule = "false in a series of seeds: capture the run of one seed alone";
    found.push(problem(["capture"], rule, capture));
  }
  if (capture === true && transport === "tls" && mode === "simulated") {
    const rule = "false where tls is simulated: nothing is encrypted there that could be shown";
    found.push(problem(["capture"], rule, capture));
  }
  if (captureSecrets === true && transport !== undefined && transport !== "tls") {
    const rule = `false over ${transport}: only TLS tells secrets that decrypt a capture`;
    found.push(problem(["captureSecrets"], rule, captureSecrets));
  }
  if (capture !== false) return found;
  for (const [index, one] of (assert ?? []).entries()) {
    if (one === undefined || parseMetric(one.metric)?.group !== "wire") continue;
    const rule = "of a run with capture: true, where it is of the wire";
    found.push(problem(["assert", index, "metric"], rule, one.metric));
  }
  return found;
}
