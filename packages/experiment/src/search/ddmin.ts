/**
 * Delta debugging: the smallest part of a list that still fails.
 *
 *   [ a b c d e f g h ]   parts of a half, then the rest without them, then quarters …
 *
 * The algorithm `ddmin` of Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
 * Input" (2002): its answer is 1-minimal, which says that no single item can be left out, and not
 * that no smaller list exists. It takes at most some n² questions, for a few culprits among n items
 * some 2·k·log n. It knows nothing of runs: a question is a promise of yes or no.
 */

/** What is asked, and when to stop asking. */
export interface Question<T> {
  /** Whether this part still fails. */
  fails(part: readonly T[]): Promise<boolean>;
  /** No more questions: the smallest part so far is the answer. */
  isOver(): boolean;
}

/**
 * The smallest failing part.
 *
 * @param items fails as a whole; that is not asked again
 */
export async function ddmin<T>(items: readonly T[], question: Question<T>): Promise<readonly T[]> {
  if (items.length === 0 || (await question.fails([]))) return [];
  let current = items;
  let parts = 2;
  while (current.length >= 2 && !question.isOver()) {
    const next = await smaller(current, parts, question);
    if (next !== undefined) {
      parts = next.isComplement ? Math.max(parts - 1, 2) : 2;
      current = next.part;
    } else if (parts < current.length) parts = Math.min(2 * parts, current.length);
    else break;
  }
  return current;
}

interface Smaller<T> {
  readonly part: readonly T[];
  readonly isComplement: boolean;
}

/** The first of so many parts that fails alone, or whose absence changes nothing. */
async function smaller<T>(
  items: readonly T[],
  parts: number,
  question: Question<T>,
): Promise<Smaller<T> | undefined> {
  const cuts = Array.from({ length: parts + 1 }, (_, at) =>
    Math.floor((at * items.length) / parts),
  );
  for (const isComplement of [false, true]) {
    // of two halves, each is the other's complement
    if (isComplement && parts === 2) break;
    for (let at = 0; at < parts && !question.isOver(); at += 1) {
      const [from = 0, to = 0] = cuts.slice(at, at + 2);
      const part = isComplement ? items.toSpliced(from, to - from) : items.slice(from, to);
      if (await question.fails(part)) return { part, isComplement };
    }
  }
  return undefined;
}
