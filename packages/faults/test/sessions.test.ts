/** The table of sessions: bounded, and the one not seen for longest goes first. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { sessionKey, SessionTable } from "../src/sessions.ts";

const at = (n: number) => ({ sessionHigh: n, sessionLow: n });

test("a session's state is made once and found again", () => {
  const made: string[] = [];
  const table = new SessionTable(10, (key) => {
    made.push(key);
    return { key };
  });
  expect(table.at(at(1))).toBe(table.at(at(1)));
  expect(table.at(at(2))).not.toBe(table.at(at(1)));
  expect(made).toEqual(["1:1", "2:2"]);
});

test("both halves of a session count, unsigned", () => {
  expect(sessionKey(-1, 0)).toBe("4294967295:0");
  const table = new SessionTable(10, (key) => ({ key }));
  const states = [at(1), { sessionHigh: 1, sessionLow: 2 }, { sessionHigh: 2, sessionLow: 1 }].map(
    (session) => table.at(session),
  );
  expect(new Set(states).size).toBe(3);
});

test("the table never holds more than its limit, and forgets as a plain LRU does", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), steps, (max, asked) => {
      const forgotten: string[] = [];
      const table = new SessionTable(
        max,
        (key) => key,
        (state) => forgotten.push(state),
      );
      let model: string[] = [];
      const gone: string[] = [];
      for (const n of asked) {
        table.at(at(n));
        const key = sessionKey(n, n);
        model = [...model.filter((known) => known !== key), key];
        if (model.length > max) gone.push(model.shift()!);
        expect(table.size).toBeLessThanOrEqual(max);
      }
      expect([...table.states()]).toEqual(model);
      expect(forgotten).toEqual(gone);
    }),
  );
});
