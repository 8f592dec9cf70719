/**
 * Delay: a unit arrives later.
 *
 * How much later is drawn from the distribution (distribution.ts says what `delayMs` and
 * `jitterMs` mean in each). Units are delayed each for itself, so a jitter larger than the space
 * between two messages also reorders them.
 *
 * `correlation` is netem's: v = (1 - C) · drawn + C · v before, along the messages of a session
 * and direction (position = message + attempt - 1). It also narrows the spread, as there.
 */
import { sampler } from "../distribution.ts";
import { type Draws, positionOf, type Way } from "../draws.ts";
import type { Fault, FaultEntry, FaultTools } from "../fault.ts";
import { numberField, wordField } from "../fields.ts";
import { CORRELATION_BLOCK_MESSAGES, DELAY_MS_MAX } from "../limits.ts";
import { SessionTable } from "../sessions.ts";
import type { DelayFault } from "../spec.ts";

/** Draw index of the value; 0 is the chain's (the probability). */
const VALUE = 1;
/** Correlation as parts of 65536, so that a 32-bit draw times it is still exact. */
const PARTS = 0x1_0000;

/** Delay: a unit arrives later. */
export const delay: FaultEntry<DelayFault> = {
  kind: "delay",
  title: "Delay",
  description: "The message arrives later, by a time drawn from a distribution.",
  units: ["message", "datagram", "chunk"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "reply",
  fields: {
    delayMs: numberField({ min: 0, max: DELAY_MS_MAX, means: "the mean delay, in ms" }),
    jitterMs: numberField({
      min: 0,
      max: DELAY_MS_MAX,
      default: 0,
      means: "the spread around it in ms: uniform ± jitterMs, else the standard deviation",
    }),
    distribution: wordField(
      ["constant", "uniform", "normal", "exponential", "pareto", "paretonormal", "lognormal"],
      { means: "constant where jitterMs is 0, else uniform, if left out" },
    ),
    correlation: numberField({
      min: 0,
      max: 1,
      default: 0,
      means: "how much of the previous delay's draw is kept",
    }),
  },
  create: createDelay,
};

function createDelay(spec: DelayFault, tools: FaultTools): Fault {
  const delayUs = sampler(spec);
  const parts = Math.round((spec.correlation ?? 0) * PARTS);
  if (parts === 0) {
    return { ask: (_unit, draws) => ({ do: "delay", delayUs: delayUs(draws.uint32(VALUE)) }) };
  }
  const walk = new CorrelatedWalk(parts, tools.sessionsMax);
  return {
    ask(unit, draws) {
      const value = walk.valueAt(unit, positionOf(unit), draws);
      return { do: "delay", delayUs: delayUs(value) };
    },
  };
}

interface Place {
  position: number;
  value: number;
}

/** netem's recursion, asked at any position. It starts anew with each block of messages. */
class CorrelatedWalk {
  readonly #parts: number;
  readonly #memo: SessionTable<Record<Way["direction"], Place>>;

  constructor(parts: number, sessionsMax: number) {
    this.#parts = parts;
    this.#memo = new SessionTable(sessionsMax, () => ({
      request: { position: -1, value: 0 },
      reply: { position: -1, value: 0 },
    }));
  }

  valueAt(way: Way, position: number, draws: Draws): number {
    const memo = this.#memo.at(way)[way.direction];
    const start = position - (position % CORRELATION_BLOCK_MESSAGES);
    if (memo.position < start || memo.position > position) {
      memo.position = start;
      memo.value = draws.atPosition(way, start).uint32(VALUE);
    }
    while (memo.position < position) {
      memo.position += 1;
      const drawn = draws.atPosition(way, memo.position).uint32(VALUE);
      const sum = drawn * (PARTS - this.#parts) + memo.value * this.#parts;
      memo.value = Math.floor(sum / PARTS);
    }
    return memo.value;
  }
}
