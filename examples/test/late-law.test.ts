/** The law of late replies, against what can be worked out by hand, by chance, and by running it. */
import { numbers, seed } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fraction, minus, numberOf, plus, times } from "../src/fraction.ts";
import type { Kind, LateCase } from "../src/late-law.ts";
import { deliveredWithLate } from "../src/late-law.ts";
import { deliveredByThree } from "../src/original-mix.ts";

const told = { stepUs: 0, isLate: false, cuts: false };
const late = { stepUs: 3, isLate: true, cuts: false };

function delivered(kinds: Kind[], waitsUs: number[], delayUsMax = 10): number {
  return numberOf(deliveredWithLate({ kinds, waitsUs, roundTripUs: 0, delayUsMax }));
}

/** One message of such a case, played with drawn times. */
function play(
  { kinds, waitsUs, roundTripUs, delayUsMax }: LateCase,
  chance: () => number,
): boolean {
  const replies: number[] = [];
  let atUs = 0;
  for (let attempt = 0; attempt <= waitsUs.length; attempt++) {
    if (attempt > 0) atUs += chance() * waitsUs[attempt - 1]!;
    let left = chance();
    const kind = kinds.find((one) => (left -= numberOf(one.chance)) < 0);
    if (replies.some((us) => us <= atUs) || kind === undefined) return true;
    if (kind.cuts) replies.length = 0;
    if (kind.isLate) replies.push(atUs + roundTripUs + chance() * delayUsMax);
    atUs += kind.stepUs;
  }
  return replies.some((us) => us <= atUs);
}

describe("the law of late replies", () => {
  test("is the truncated geometric law where no reply is late", () => {
    const half = { ...told, chance: fraction(1, 2) };
    expect(delivered([half], [1, 2])).toBe(1 - 1 / 8);
    expect(delivered([half], [])).toBe(1 / 2);
  });

  test("is the share of delays within the timeout where there is one attempt", () => {
    expect(delivered([{ ...late, chance: fraction(1) }], [])).toBe(0.3);
  });

  test("counts a reply that comes while a later attempt is under way", () => {
    // Both late, no wait: lost if the first is later than 6 and the second later than 3.
    expect(delivered([{ ...late, chance: fraction(1) }], [0])).toBeCloseTo(1 - 0.4 * 0.7, 15);
  });

  test("takes the mean over a wait that is drawn", () => {
    // The first must be later than 6 + w, w uniform on 0 … 2: E[0.4 - w / 10] = 0.3.
    expect(delivered([{ ...late, chance: fraction(1) }], [2])).toBeCloseTo(1 - 0.3 * 0.7, 15);
  });

  test("forgets replies whose link is lost", () => {
    const kinds = [
      { ...late, chance: fraction(1, 2) },
      { ...told, cuts: true, chance: fraction(1, 2) },
    ];
    // late late .4*.7, late cut .7 (lost at 3), cut late .7, cut cut 1
    const lost = (0.4 * 0.7 + 0.7 + 0.7 + 1) / 4;
    expect(delivered(kinds, [0])).toBeCloseTo(1 - lost, 15);
  });

  test("says so where it does not apply", () => {
    expect(() => delivered([{ ...late, chance: fraction(1) }], [1, 1, 1])).toThrow(
      "three attempts",
    );
    expect(() => delivered([{ ...late, chance: fraction(1) }], [1, 1], 5)).toThrow("later than");
  });

  test("is what chance gives, for cases of every kind", () => {
    const cases = fc.record({
      parts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 4, maxLength: 4 }),
      waitsUs: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 2 }),
      stepUs: fc.integer({ min: 1, max: 100 }),
      roundTripUs: fc.nat(5),
    });
    const property = fc.property(cases, fc.nat(), ({ parts, stepUs, ...rest }, by) => {
      const whole = parts.reduce((sum, part) => sum + part, 0);
      const [failed, cut, slow] = parts.map((part) => fraction(part, whole));
      const given = {
        ...rest,
        delayUsMax: 1000,
        kinds: [
          { ...told, stepUs: rest.roundTripUs, chance: failed! },
          { ...told, stepUs: rest.roundTripUs, cuts: true, chance: cut! },
          { ...late, stepUs, chance: slow! },
        ],
      };
      const next = numbers(by);
      const chance = (): number => next() / 2 ** 32;
      const plays = 4000;
      let good = 0;
      for (let n = 0; n < plays; n++) if (play(given, chance)) good++;
      const law = numberOf(deliveredWithLate(given));
      expect(Math.abs(good / plays - law)).toBeLessThan(5 * Math.sqrt((law * (1 - law)) / plays));
    });
    fc.assert(property, { numRuns: 60, seed: seed() });
  });

  test("gives 85.53 % for the original's faults, three attempts, and three seconds", () => {
    expect(numberOf(deliveredByThree())).toBeCloseTo(0.8553, 4);
  });
});

describe("fractions", () => {
  test("add, subtract and multiply without rounding", () => {
    expect(plus(fraction(1, 3), fraction(1, 6))).toEqual(fraction(1, 2));
    expect(minus(fraction(1, 3), fraction(1, 3))).toEqual(fraction(0));
    expect(times(fraction(2, 3), fraction(3, 4))).toEqual(fraction(1, 2));
    expect(numberOf(fraction(1, 3))).toBeCloseTo(1 / 3, 17);
    expect(numberOf(minus(fraction(1, 4), fraction(1, 2)))).toBe(-0.25);
  });
});
