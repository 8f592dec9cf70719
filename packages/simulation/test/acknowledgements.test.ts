/** The log of acknowledgements, against a plain list. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Acknowledgements } from "../src/stream/acknowledgements.ts";

test("what is read is the last that has arrived, however many came before", () => {
  const step = fc.record({ afterUs: fc.nat({ max: 3 }), delayUs: fc.nat({ max: 5000 }) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 4000, size: "max" }),
      fc.nat({ max: 50 }),
      (steps, every) => {
        const log = new Acknowledgements();
        let model: { atUs: number; limitBytes: number }[] = [];
        let nowUs = 0;
        for (const [limitBytes, { afterUs, delayUs }] of steps.entries()) {
          nowUs += afterUs;
          // What arrives later than a word that says more is taken back by it.
          const atUs = Math.max(nowUs + delayUs, ...model.slice(-1).map((one) => one.atUs));
          model = model.filter((one) => one.atUs < atUs);
          model.push({ atUs, limitBytes });
          log.push(nowUs + delayUs, limitBytes);
          expect(log.nextAtUs).toBe(model[0]?.atUs);
          if (limitBytes % (every + 1) !== 0) continue;
          const arrived = model.filter((one) => one.atUs <= nowUs);
          model = model.filter((one) => one.atUs > nowUs);
          expect(log.read(nowUs)).toBe(arrived.at(-1)?.limitBytes);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a log that never runs empty does not grow", () => {
  const log = new Acknowledgements();
  for (let nowUs = 0; nowUs < 10_000; nowUs++) {
    log.push(nowUs + 100, nowUs);
    expect(log.read(nowUs)).toBe(nowUs < 100 ? undefined : nowUs - 100);
  }
  expect(log.nextAtUs).toBe(10_000);
});
