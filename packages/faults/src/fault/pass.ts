/**
 * Pass: the fault that does nothing, and the place to start reading.
 *
 * A fault is an object with one method, `ask`: it is shown a unit and returns a verdict. This is
 * the whole of it. Every other file in this folder adds one idea: `loss.ts` another verdict,
 * `delay.ts` a setting and a draw, `bandwidth.ts` a memory.
 */
import type { Fault } from "../fault.ts";
import type { Verdict } from "../verdict.ts";

/** The verdict of a fault that lets a unit be. */
export const PASS: Verdict = { do: "pass" };

/** The neutral fault: a chain with it decides as a chain without it. */
export const pass: Fault = { ask: () => PASS };
