/**
 * "Did you mean …?": the nearest known word to one that is not known.
 *
 * Edit distance by dynamic programming over one row (Wagner and Fischer, 1974). It only ever
 * suggests; nothing is corrected behind the user's back.
 */

/** Words longer than this are not compared: the work grows with the product of both lengths. */
const WORD_LENGTH_MAX = 64;

function editDistance(source: string, target: string): number {
  let row = Array.from({ length: target.length + 1 }, (_, column) => column);
  for (let line = 1; line <= source.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= target.length; column += 1) {
      const same = source[line - 1] === target[column - 1];
      const replaced = (row[column - 1] as number) + (same ? 0 : 1);
      const removed = (row[column] as number) + 1;
      const added = (next[column - 1] as number) + 1;
      next.push(Math.min(replaced, removed, added));
    }
    row = next;
  }
  return row[target.length] as number;
}

/** Largest share of a word that may differ: beyond it a guess confuses more than it helps. */
const DIFFERENT_SHARE_MAX = 0.4;

/** The nearest of `known`, or undefined when none is near: "corupt" is near "corruption", "xyz" is near nothing. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length === 0 || word.length > WORD_LENGTH_MAX) return undefined;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const near = distance <= DIFFERENT_SHARE_MAX * Math.max(word.length, candidate.length);
    if (near && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` (did you mean "x"?)`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const best = nearest(word, known);
  return best === undefined ? "" : ` (did you mean ${JSON.stringify(best)}?)`;
}
