/**
 * From a failing seed to the smallest run that fails in the same way, and its story.
 *
 *   as drawn ─► as a schedule ─► ddmin ─► less around it ─► ddmin ─► the same twice more
 *
 * Every question is a whole run with fewer of the firings that the failing run has shown. The draws
 * are keyed, so leaving one firing out leaves the others as they were; that is what makes the
 * answers mean something. A smaller run counts only if it fails by the same signature.
 */
import { hashJson } from "../result/canonical.ts";
import { parseSpec } from "../spec/parse.ts";
import type { FullSpec } from "../spec/types.ts";
import { FIRST_STEPS, type Step, STEPS } from "./candidates.ts";
import { ddmin } from "./ddmin.ts";
import type { Failure } from "./failure.ts";
import { type Item, itemsOf, withItems } from "./items.ts";
import { writeSnippet } from "./snippet.ts";
import { tell } from "./story.ts";
import { type CreateParts, runTrial, toScheduled, type Trial } from "./trial.ts";

/** How shrinking is done. */
export interface ShrinkOptions {
  /** The failing seed. @default the spec's */
  readonly seed?: number;
  /** Which failure to keep. @default the most telling one of the run */
  readonly signature?: string;
  /** Runs it may take. @default 2000: some 200 firings with five culprits take a tenth of it */
  readonly trialsMax?: number;
  /** Parts of your own in place of the true ones. */
  readonly createParts?: CreateParts;
  /** How the test that is written imports them. */
  readonly partsModule?: string;
  /** Stops; the smallest run so far is kept. */
  readonly signal?: AbortSignal;
  /** After each run. */
  readonly onProgress?: (progress: ShrinkProgress) => void;
}

/** How far shrinking is. */
export interface ShrinkProgress {
  readonly stage: string;
  readonly trials: number;
  readonly trialsMax: number;
  /** Firings and events of the smallest failing run so far. */
  readonly faultEvents: number;
}

/** How large a run is. */
export interface RunSize {
  readonly firings: number;
  readonly events: number;
  readonly messages: number;
  readonly clients: number;
}

/** A run made small. */
export interface ShrinkResult {
  readonly schemaVersion: 1;
  /**
   * `shrunk`          `spec` fails in the same way, twice with the same digest
   * `passes`          the seed does not fail, or not by the signature asked for
   * `not-repeated`    it fails as drawn, but not as a schedule, or not the same twice: what is under
   *                   test does not depend on its seed alone
   * `aborted`         stopped before there was anything to keep
   */
  readonly outcome: "shrunk" | "passes" | "not-repeated" | "aborted";
  readonly seed: number;
  readonly failure: Failure | null;
  readonly from: RunSize | null;
  readonly to: RunSize | null;
  /** No firing and no event can be left out alone. False where the runs or the time ran out. */
  readonly minimal: boolean;
  readonly trials: number;
  readonly digest: string | null;
  /** Stands alone: every default filled in, the firings listed. */
  readonly spec: FullSpec | null;
  /** One paragraph. */
  readonly story: string | null;
  /** A vitest file that fails as long as the failure is there. */
  readonly test: string | null;
}

const TRIALS_DEFAULT = 2_000;
const TRIALS_MAX = 1_000_000;
const CONFIRMATIONS = 2;

/**
 * Shrinks the failing run of a seed.
 *
 * @throws (rejects) TypeError where the spec is not simulated, RangeError where an option is out of
 *   its bounds.
 */
export function shrink(spec: FullSpec, options: ShrinkOptions = {}): Promise<ShrinkResult> {
  const { trialsMax = TRIALS_DEFAULT } = options;
  if (!Number.isSafeInteger(trialsMax) || trialsMax < 1 || trialsMax > TRIALS_MAX) {
    const rule = `a whole number from 1 to ${TRIALS_MAX}`;
    throw new RangeError(`Cannot shrink as "trialsMax" must be ${rule}: got ${trialsMax}`);
  }
  const drawn = { ...spec, seed: options.seed ?? spec.seed, seeds: null };
  return new Shrinker(drawn, options, trialsMax).go();
}

/** @see module */
class Shrinker {
  readonly #drawn: FullSpec;
  readonly #options: ShrinkOptions;
  readonly #trialsMax: number;
  readonly #answers = new Map<string, boolean>();
  #trials = 0;
  #stage = "as drawn";
  #signature = "";
  #smallest: FullSpec;

  constructor(drawn: FullSpec, options: ShrinkOptions, trialsMax: number) {
    this.#drawn = drawn;
    this.#options = options;
    this.#trialsMax = trialsMax;
    this.#smallest = drawn;
  }

  async go(): Promise<ShrinkResult> {
    const first = await this.#run(this.#drawn);
    const { signature } = this.#options;
    const failure = first.failures.find((one) => one.signature === (signature ?? one.signature));
    if (first.aborted || failure === undefined) {
      return this.#nothing(first.aborted ? "aborted" : "passes", null);
    }
    this.#signature = failure.signature;
    const items = itemsOf(first.firings.map(toScheduled), this.#drawn.events);
    const concrete = withItems(this.#drawn, items);
    this.#stage = "as a schedule";
    if (!(await this.#fails(concrete))) {
      return this.#nothing(this.#isAborted ? "aborted" : "not-repeated", failure);
    }
    const from = sizeOf(concrete);
    this.#smallest = concrete;
    await this.#reduceRest(FIRST_STEPS);
    await this.#reduceItems();
    await this.#reduceRest(STEPS);
    await this.#reduceItems();
    return this.#confirm(failure, from, !this.#isOver);
  }

  /** Fewer firings and outages. */
  async #reduceItems(): Promise<void> {
    this.#stage = "fewer faults";
    const spec = this.#smallest;
    await ddmin(itemsOf(spec.schedule ?? [], spec.events), {
      fails: (part: readonly Item[]) => this.#fails(withItems(spec, part)),
      isOver: () => this.#isOver,
    });
  }

  /** Less of everything around them. */
  async #reduceRest(steps: readonly Step[]): Promise<void> {
    for (const { what, candidates } of steps) {
      this.#stage = `fewer ${what}`;
      for (const candidate of candidates(this.#smallest, this.#signature)) {
        if (await this.#fails(candidate)) break;
      }
    }
  }

  /** The same run again: it must fail in the same way and with the same digest. */
  async #confirm(drawn: Failure, from: RunSize, minimal: boolean): Promise<ShrinkResult> {
    this.#stage = "once more";
    const spec = this.#smallest;
    const digests = new Set<string | null>();
    let trial: Trial | undefined;
    let failure: Failure | undefined;
    for (let time = 0; time < CONFIRMATIONS; time += 1) {
      trial = await runTrial(spec, { createParts: this.#options.createParts });
      this.#trials += 1;
      failure = this.#find(trial);
      if (failure === undefined) return this.#nothing("not-repeated", drawn);
      digests.add(trial.result?.digest ?? null);
    }
    if (trial === undefined || failure === undefined || digests.size > 1) {
      return this.#nothing("not-repeated", drawn);
    }
    const story = tell(spec, trial, failure);
    const { partsModule } = this.#options;
    return {
      ...this.#nothing("shrunk", failure),
      from,
      to: sizeOf(spec),
      minimal,
      digest: trial.result?.digest ?? null,
      spec,
      story,
      test: writeSnippet({ spec, failure, story, partsModule }),
    };
  }

  #nothing(outcome: ShrinkResult["outcome"], failure: Failure | null): ShrinkResult {
    return {
      schemaVersion: 1,
      outcome,
      seed: this.#drawn.seed,
      failure,
      from: null,
      to: null,
      minimal: false,
      trials: this.#trials,
      digest: null,
      spec: null,
      story: null,
      test: null,
    };
  }

  /** Whether a smaller spec fails in the same way; if so, it is the smallest so far. */
  async #fails(candidate: FullSpec): Promise<boolean> {
    const parsed = parseSpec(candidate);
    if (!parsed.ok || this.#isOver) return false;
    const key = hashJson(parsed.spec);
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      const trial = await this.#run(parsed.spec);
      if (trial.aborted) return false;
      answer = this.#find(trial) !== undefined;
      this.#answers.set(key, answer);
    }
    if (answer) this.#smallest = parsed.spec;
    return answer;
  }

  async #run(spec: FullSpec): Promise<Trial> {
    const { createParts, signal, onProgress } = this.#options;
    // Only the first run has to say what happened.
    const trial = await runTrial(spec, { createParts, signal, detail: this.#trials === 0 });
    this.#trials += 1;
    const { firings, events } = sizeOf(this.#smallest);
    onProgress?.({
      stage: this.#stage,
      trials: this.#trials,
      trialsMax: this.#trialsMax,
      faultEvents: firings + events,
    });
    return trial;
  }

  #find({ failures }: Trial): Failure | undefined {
    return failures.find(({ signature }) => signature === this.#signature);
  }

  get #isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  get #isOver(): boolean {
    return this.#isAborted || this.#trials >= this.#trialsMax;
  }
}

function sizeOf({ schedule, events, workload }: FullSpec): RunSize {
  const { messages, clients } = workload;
  return { firings: schedule?.length ?? 0, events: events.length, messages, clients };
}
