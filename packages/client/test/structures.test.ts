/** The structures a message waits in: each is compared with a naive model that cannot be wrong. */
import fc from "fast-check";
import { FakeClock, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { LaneDue } from "../src/deadlines.ts";
import { Deadlines } from "../src/deadlines.ts";
import { OPERATIONS_SPAN, Pending } from "../src/pending.ts";
import type { Queued } from "../src/queue.ts";
import { Queue } from "../src/queue.ts";

class Entry implements LaneDue {
  next: LaneDue | undefined = undefined;
  previous: LaneDue | undefined = undefined;
  dueUs = 0;
  dueOrder = 0;
  dueIndex = -1;
  readonly name: number;
  readonly #run: (name: number, nowUs: number) => void;

  constructor(name: number, run: (name: number, nowUs: number) => void) {
    this.name = name;
    this.#run = run;
  }

  onDue(nowUs: number): void {
    this.#run(this.name, nowUs);
  }
}

describe("deadlines", () => {
  const commands = fc.array(
    fc.oneof(
      fc.record({
        do: fc.constantFrom("set" as const, "append" as const),
        name: fc.integer({ min: 0, max: 9 }),
        us: fc.nat(50),
      }),
      fc.record({ do: fc.constant("delete" as const), name: fc.integer({ min: 0, max: 9 }) }),
      fc.record({ do: fc.constant("advance" as const), us: fc.nat(30) }),
    ),
    { maxLength: 80 },
  );

  test("entries come due in the order of time, equal ones in the order of setting", () => {
    const property = fc.property(commands, (list) => {
      const clock = new FakeClock();
      const deadlines = new Deadlines(clock);
      const fired: [number, number][] = [];
      const entries = Array.from(
        { length: 10 },
        (_, name) => new Entry(name, (which, nowUs) => fired.push([which, nowUs])),
      );
      const expected: [number, number][] = [];
      let model: { name: number; us: number; order: number }[] = [];
      for (const [order, command] of list.entries()) {
        if (command.do === "advance") {
          const untilUs = clock.nowUs() + command.us;
          const due = model.filter(({ us }) => us <= untilUs);
          due.sort((a, b) => a.us - b.us || a.order - b.order);
          model = model.filter(({ us }) => us > untilUs);
          expected.push(...due.map(({ name, us }): [number, number] => [name, us]));
          clock.advance(command.us);
          continue;
        }
        const entry = entries[command.name]!;
        model = model.filter(({ name }) => name !== command.name);
        if (command.do === "delete") deadlines.delete(entry);
        else {
          const us = clock.nowUs() + command.us;
          model.push({ name: command.name, us, order });
          if (command.do === "append") deadlines.append(entry, us);
          else deadlines.set(entry, us);
        }
        expect(deadlines.size).toBe(model.length);
        expect(clock.timersPending).toBeLessThanOrEqual(1);
      }
      expect(fired).toEqual(expected);
    });
    fc.assert(property, { numRuns: 500, seed: seed() });
  });

  test("one timer is armed for any number of entries, and stays while later ones come and go", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const entries = Array.from({ length: 100 }, (_, name) => new Entry(name, () => {}));
    for (const entry of entries) deadlines.set(entry, 1000 + entry.name);
    expect(clock.timersPending).toBe(1);
    for (const entry of entries) deadlines.delete(entry);
    expect(clock.timersPending).toBe(1);
    deadlines.disarm();
    expect(clock.timersPending).toBe(0);
  });

  test("an entry may set itself and others again while it is due", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const fired: number[] = [];
    const entry: Entry = new Entry(0, (_, nowUs) => {
      fired.push(nowUs);
      if (fired.length < 3) deadlines.set(entry, nowUs + 5);
    });
    deadlines.set(entry, 10);
    clock.advance(100);
    expect(fired).toEqual([10, 15, 20]);
  });

  test("an entry that throws does not hold up the others", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const fired: number[] = [];
    deadlines.set(
      new Entry(0, () => {
        throw new Error("mine");
      }),
      10,
    );
    deadlines.set(new Entry(1, (name) => fired.push(name)), 20);
    expect(() => clock.advance(100)).toThrow("mine");
    clock.advance(100);
    expect(fired).toEqual([1]);
  });
});

describe("pending", () => {
  test("an operation is found by its id and by no other", () => {
    const pending = new Pending<{ operation: number }>(8);
    const item = { operation: 5 };
    pending.add(item);
    expect(pending.get(5)).toBe(item);
    expect(pending.get(5 + OPERATIONS_SPAN)).toBeUndefined();
    expect(pending.get(2 ** 53 - 1)).toBeUndefined();
    pending.delete(item);
    expect(pending.get(5)).toBeUndefined();
  });

  test("as many as allowed fit, one more does not", () => {
    const pending = new Pending<{ operation: number }>(2);
    pending.add({ operation: 0 });
    expect(pending.hasRoomFor(1)).toBe(true);
    pending.add({ operation: 1 });
    expect(pending.hasRoomFor(2)).toBe(false);
  });

  test("ids in flight stay less than 1024 apart: 1023 fits, 1024 does not", () => {
    const pending = new Pending<{ operation: number }>(OPERATIONS_SPAN);
    const oldest = { operation: 7 };
    pending.add(oldest);
    expect(pending.hasRoomFor(7 + 1023)).toBe(true);
    expect(pending.hasRoomFor(7 + 1024)).toBe(false);
    pending.add({ operation: 9 });
    pending.delete(oldest);
    expect(pending.hasRoomFor(9 + 1023)).toBe(true);
    expect(pending.hasRoomFor(9 + 1024)).toBe(false);
  });

  test("the list has all of them by rising id, and is a copy", () => {
    const pending = new Pending<{ operation: number }>(8);
    const items = [3, 4, 700, 1020].map((operation) => ({ operation }));
    for (const item of items) pending.add(item);
    pending.delete(items[1]!);
    const list = pending.list();
    expect(list.map(({ operation }) => operation)).toEqual([3, 700, 1020]);
    for (const item of list) pending.delete(item);
    expect(list).toHaveLength(3);
    expect(pending.size).toBe(0);
  });
});

interface Item extends Queued<Item> {
  readonly name: number;
}

function itemOf(name: number, bytes: number): Item {
  return { name, body: new Uint8Array(bytes), next: undefined, previous: undefined };
}

describe("queue", () => {
  test("it is first in, first out, and gives room back from the middle too", () => {
    const property = fc.property(fc.array(fc.nat(6), { maxLength: 60 }), (list) => {
      const queue = new Queue<Item>({ itemsMax: 100, bytesMax: 1000 });
      const model: Item[] = [];
      for (const [name, choice] of list.entries()) {
        const chosen = model[choice % Math.max(model.length, 1)];
        if (choice < 4 || chosen === undefined) {
          const item = itemOf(name, choice);
          queue.push(item);
          model.push(item);
        } else {
          queue.delete(chosen);
          model.splice(model.indexOf(chosen), 1);
        }
        expect([queue.size, queue.head]).toEqual([model.length, model[0]]);
      }
      for (const item of model) {
        expect(queue.head).toBe(item);
        queue.delete(item);
      }
      expect(queue.head).toBeUndefined();
    });
    fc.assert(property, { seed: seed() });
  });

  test("as many items as allowed fit, one more does not", () => {
    const queue = new Queue<Item>({ itemsMax: 2, bytesMax: 100 });
    queue.push(itemOf(0, 1));
    expect(queue.hasRoomFor(1)).toBe(true);
    queue.push(itemOf(1, 1));
    expect(queue.hasRoomFor(1)).toBe(false);
  });

  test("as many bytes as allowed fit, one more does not", () => {
    const queue = new Queue<Item>({ itemsMax: 10, bytesMax: 100 });
    const item = itemOf(0, 60);
    queue.push(item);
    expect(queue.hasRoomFor(40)).toBe(true);
    expect(queue.hasRoomFor(41)).toBe(false);
    queue.delete(item);
    expect(queue.hasRoomFor(100)).toBe(true);
  });
});
