/**
 * Burst loss: losses that come in clusters (Gilbert–Elliott, as netem's `loss gemodel`).
 *
 *        p            Each session and direction is in a good or a bad state, and moves along
 *   good ──> bad      the messages: position = message + attempt - 1. A message is lost with the
 *        <──          chance of the state it finds; the move to the next position comes after.
 *        r
 *
 * Losses: (p · lossInBad + r · lossInGood) / (p + r) of all messages; a bad spell lasts 1/r of
 * them on average. The first state is drawn from the long-run shares, so this holds from message 0.
 *
 * The road not taken: walking the chain from message 0. One draw moves both states at once, and
 * most draws send both to the same place; so the state anywhere follows from looking back to the
 * last such draw ("coupling from the past", Propp and Wilson 1996). A message may be asked about
 * in any order and always meets the same state.
 */
import { type Draws, DRAW_RANGE, positionOf, thresholdOf, type Way } from "../draws.ts";
import type { Fault, FaultEntry, FaultTools, Series } from "../fault.ts";
import { numberField } from "../fields.ts";
import { BURST_BLOCK_MESSAGES } from "../limits.ts";
import { SessionTable } from "../sessions.ts";
import type { BurstLossFault } from "../spec.ts";
import type { Verdict } from "../verdict.ts";
import { PASS } from "./pass.ts";

const P_DEFAULT = 0.05;
const R_DEFAULT = 0.3;
const DROP: Verdict = { do: "drop" };

/** Draw indexes: of a unit, and of a position. */
const LOSS = 1;
const MOVE = 1;
const START = 2;

/** Burst loss: losses in clusters. */
export const burstLoss: FaultEntry<BurstLossFault> = {
  kind: "burst-loss",
  title: "Burst loss",
  description: "Messages are lost in clusters, by the two-state model of Gilbert and Elliott.",
  units: ["message", "datagram"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "reply",
  fields: {
    p: chance(P_DEFAULT, "chance to turn from good to bad, at each message"),
    r: chance(R_DEFAULT, "chance to turn from bad to good, at each message"),
    lossInBad: chance(1, "chance to lose a message in the bad state"),
    lossInGood: chance(0, "chance to lose a message in the good state"),
  },
  create: createBurstLoss,
};

function chance(fallback: number, means: string): ReturnType<typeof numberField> {
  return numberField({ min: 0, max: 1, default: fallback, means });
}

function createBurstLoss(spec: BurstLossFault, tools: FaultTools): Fault {
  const { p = P_DEFAULT, r = R_DEFAULT, lossInBad = 1, lossInGood = 0 } = spec;
  const states = new StateWalk(p, r, tools.sessionsMax);
  const thresholdBad = thresholdOf(lossInBad);
  const thresholdGood = thresholdOf(lossInGood);
  return {
    series: seriesOf({ p, r, lossInBad, lossInGood }),
    ask(unit, draws) {
      const bad = states.isBad(unit, positionOf(unit), draws);
      const threshold = bad ? thresholdBad : thresholdGood;
      return draws.at(unit).uint32(LOSS) < threshold ? DROP : PASS;
    },
    fire: () => DROP,
  };
}

/** Share of messages in the bad state, in the long run. A chain that never moves stays good. */
function badShare(p: number, r: number): number {
  return p === 0 ? 0 : p / (p + r);
}

function seriesOf(model: Required<Pick<BurstLossFault, "p" | "r" | "lossInBad" | "lossInGood">>) {
  const bad = badShare(model.p, model.r);
  const spread = model.lossInBad - model.lossInGood;
  const series: Series = {
    mean: bad * model.lossInBad + (1 - bad) * model.lossInGood,
    swing: bad * (1 - bad) * spread * spread,
    memory: 1 - model.p - model.r,
  };
  return series;
}

interface Place {
  position: number;
  bad: boolean;
}

/** The state at any position of any session and direction. */
class StateWalk {
  /** Below: both states go bad. From `goodFrom` on: both go good. Between: see `#swaps`. */
  readonly #badBelow: number;
  readonly #goodFrom: number;
  /** Whether a draw between the two swaps the states (p + r > 1) or leaves them. */
  readonly #swaps: boolean;
  readonly #startBad: number;
  readonly #memo: SessionTable<Record<Way["direction"], Place>>;

  constructor(p: number, r: number, sessionsMax: number) {
    const turnsBad = thresholdOf(p);
    const staysBad = DRAW_RANGE - thresholdOf(r);
    this.#badBelow = Math.min(turnsBad, staysBad);
    this.#goodFrom = Math.max(turnsBad, staysBad);
    this.#swaps = turnsBad > staysBad;
    this.#startBad = thresholdOf(badShare(p, r));
    this.#memo = new SessionTable<Record<Way["direction"], Place>>(sessionsMax, () => ({
      request: { position: -1, bad: false },
      reply: { position: -1, bad: false },
    }));
  }

  /** Looks back to a draw that decides, to what was found last time, or to the block's start. */
  isBad(way: Way, position: number, draws: Draws): boolean {
    const memo = this.#memo.at(way)[way.direction];
    const start = position - (position % BURST_BLOCK_MESSAGES);
    let at = position;
    let bad: boolean | undefined;
    while (bad === undefined) {
      if (at === memo.position) bad = memo.bad;
      else if (at === start) bad = draws.atPosition(way, at).uint32(START) < this.#startBad;
      else {
        bad = this.#decides(draws.atPosition(way, at - 1).uint32(MOVE));
        if (bad === undefined) at -= 1;
      }
    }
    if (this.#swaps && (position - at) % 2 === 1) bad = !bad;
    memo.position = position;
    memo.bad = bad;
    return bad;
  }

  /** The state after a move that sends both states to the same place, else undefined. */
  #decides(draw: number): boolean | undefined {
    if (draw < this.#badBelow) return true;
    return draw >= this.#goodFrom ? false : undefined;
  }
}
