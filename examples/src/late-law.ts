/**
 * How many messages are delivered when replies may be late, waits are drawn, and failures that are
 * told at once come in between: the exact figure for up to three attempts.
 *
 *   s1 ──fails──wait1── s2 ──T──wait2── s3 ──T── end       every attempt k begins at its time sk
 *                        └────────X2───────► delivered     and the reply of a delayed one takes Xk
 *
 * A message is not delivered if none of its attempts is answered well, and every delayed reply would
 * come after the message was given up, or after the link it would come on was gone. Attempts are
 * drawn independently, so for given kinds k1 … kn and given waits the chance of that is a product
 *
 *   Π chance(ki) · Π over the delayed ones of (1 - (hi - si - r) / D)
 *
 * with Xk uniform on 0 … D, a round trip r, and hi the time of the end, or of the first attempt
 * after i that lost the link. All times are sums of fixed steps and waits, so the product is a
 * polynomial of at most the second degree in each wait. Waits are uniform, so their mean is an integral
 * over a box, and Simpson's rule is exact for polynomials up to the third degree. Everything is done in
 * fractions, and rounded once, by whoever shows it. No horizon may pass D: that is checked.
 */
import type { Fraction } from "./fraction.ts";
import { fraction, minus, plus, times } from "./fraction.ts";

/** A way for an attempt not to be answered well in time. */
export interface Kind {
  /** Of all attempts. */
  readonly chance: Fraction;
  /** From sending until the client knows that it failed: the timeout, or less. */
  readonly stepUs: number;
  /** Its reply comes, after a delay, if the link is still there. */
  readonly isLate: boolean;
  /** With it the link is lost, and all replies that are still on their way. */
  readonly cuts: boolean;
}

/** What the law is about; times in whole microseconds. */
export interface LateCase {
  readonly kinds: readonly Kind[];
  /** Longest wait before the 2nd, 3rd … attempt; each is uniform from 0. At most two of them. */
  readonly waitsUs: readonly number[];
  readonly roundTripUs: number;
  /** Delays are uniform from 0 to this. */
  readonly delayUsMax: number;
}

/** Simpson's rule: where to look, and with what weight, between 0 and 1. */
const SIMPSON: readonly (readonly [Fraction, Fraction])[] = [
  [fraction(0), fraction(1, 6)],
  [fraction(1, 2), fraction(4, 6)],
  [fraction(1), fraction(1, 6)],
];

/**
 * The chance that a message is delivered.
 *
 * @throws RangeError where there are more than three attempts, or a delayed reply could not outlive
 *   the message: there the law has another form.
 */
export function deliveredWithLate(given: LateCase): Fraction {
  if (given.waitsUs.length > 2) throw new RangeError("The law is for at most three attempts.");
  let lost = fraction(0);
  for (const [waits, weight] of boxOf(given.waitsUs)) {
    lost = plus(lost, times(weight, notDelivered(given, waits)));
  }
  return minus(fraction(1), lost);
}

/** Every combination of nodes, with its weight. */
function boxOf(waitsUs: readonly number[]): [Fraction[], Fraction][] {
  let box: [Fraction[], Fraction][] = [[[], fraction(1)]];
  for (const us of waitsUs) {
    box = box.flatMap(([waits, weight]) =>
      SIMPSON.map(([node, share]): [Fraction[], Fraction] => [
        [...waits, times(node, fraction(us))],
        times(weight, share),
      ]),
    );
  }
  return box;
}

/** For given waits: the sum over all courses in which no attempt is answered well in time. */
function notDelivered(given: LateCase, waits: readonly Fraction[]): Fraction {
  let courses: Kind[][] = [[]];
  for (let attempt = 0; attempt <= waits.length; attempt++) {
    courses = courses.flatMap((course) => given.kinds.map((kind) => [...course, kind]));
  }
  return plus(...courses.map((course) => chanceOf(course, waits, given)));
}

function chanceOf(course: readonly Kind[], waits: readonly Fraction[], given: LateCase): Fraction {
  const startsUs = [fraction(0)];
  for (const [at, { stepUs }] of course.entries()) {
    startsUs.push(plus(startsUs[at]!, fraction(stepUs), waits[at] ?? fraction(0)));
  }
  const factors = course.map(({ chance, isLate }, at) => {
    if (!isLate) return chance;
    const cut = course.findIndex(({ cuts }, later) => later > at && cuts);
    const untilUs = startsUs[cut < 0 ? course.length : cut]!;
    const openUs = minus(minus(untilUs, startsUs[at]!), fraction(given.roundTripUs));
    const left = minus(fraction(1), times(openUs, fraction(1, given.delayUsMax)));
    if (left.top < 0n) throw new RangeError("No reply may be later than the message's end.");
    return times(chance, left);
  });
  return times(...factors);
}
