/**
 * `--seeds`: how many, which, or from where on.
 *
 * Three forms that cannot be taken for one another: `20` is a count, `1,5,9` a list, `100+20` a
 * start and a count. One seed alone is `--seed`. Ranges and doubles are the spec's to refuse.
 */
import type { SeedsInput } from "@faultline/experiment";

import { ToolError } from "../exit.ts";
import { shown } from "../output/printable.ts";
import { SEED_MAX } from "./values.ts";

const RULE = "how many (20), which (1,5,9), or a start and how many (100+20)";
const COUNT = /^\d{1,16}$/;
const LIST = /^\d{1,16}(,\d{1,16})+$/;
const RANGE = /^(\d{1,16})\+(\d{1,16})$/;

/** Reads the option. @throws ToolError with a refusal */
export function readSeeds(text: string): SeedsInput {
  const seeds = parse(text);
  if (seeds !== undefined) return seeds;
  throw new ToolError(`Cannot run as "--seeds" must be ${RULE}: got ${shown(text)}`);
}

function parse(text: string): SeedsInput | undefined {
  if (COUNT.test(text)) return whole({ runs: Number(text) });
  const range = RANGE.exec(text);
  if (range !== null) return whole({ base: Number(range[1]), runs: Number(range[2]) });
  if (!LIST.test(text)) return undefined;
  const list = text.split(",").map(Number);
  return list.every((seed) => seed <= SEED_MAX) ? list : undefined;
}

function whole<T extends { readonly base?: number; readonly runs: number }>(
  range: T,
): T | undefined {
  const { base = 0, runs } = range;
  return runs >= 1 && runs <= SEED_MAX && base <= SEED_MAX ? range : undefined;
}
