/** The promise of a stream, over any schedule of what its ends and the network do. */
import { seed as testSeed } from "@faultline/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Simulation } from "../src/index.ts";
import { expectKept, pattern, stage } from "./helpers.ts";
import type { TimedRecorder } from "./helpers.ts";

/** One thing that happens at a time. */
type Deed =
  | { readonly do: "send"; readonly bytes: number }
  | { readonly do: "cut" | "end" | "heal" | "pause" | "reset" | "resume" | "sleep" | "wake" };

interface Step {
  readonly side: "client" | "server";
  readonly afterUs: number;
  readonly deed: Deed;
}

const deeds: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("send"), bytes: fc.nat({ max: 6000 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("cut", "heal", "pause", "resume", "sleep", "wake"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("end", "reset") }) },
) as fc.Arbitrary<Deed>;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    side: fc.constantFrom("client", "server"),
    afterUs: fc.nat({ max: 400_000 }),
    deed: deeds,
  }),
  { maxLength: 40 },
);

const networks = fc.record({
  delayUs: fc.nat({ max: 30_000 }),
  jitterUs: fc.nat({ max: 30_000 }),
  loss: fc.constantFrom(0, 0.02, 0.3),
  corrupt: fc.constantFrom(0, 0.05),
  reorder: fc.constantFrom(0, 0.2),
  bytesPerSecond: fc.constantFrom(0, 200_000, 5_000_000),
  queuePacketsMax: fc.constantFrom(2, 1000),
});

const stacks = fc.record({
  windowBytes: fc.constantFrom(60, 700, 262_144),
  segmentBytesMax: fc.constantFrom(100, 1460),
  cut: fc.constantFrom(0, 0.5),
  timeoutsMax: fc.constantFrom(1, 15),
  readBytesMax: fc.constantFrom(50, 65_536),
});

/** What one side was made to send, and whether it ended or dropped the link itself. */
class Side {
  readonly recorder: TimedRecorder;
  readonly sent: Uint8Array[] = [];
  isEnded = false;
  constructor(recorder: TimedRecorder) {
    this.recorder = recorder;
  }

  send(bytes: number): void {
    if (this.isEnded) return;
    const piece = pattern(bytes, this.sent.length * 31);
    this.sent.push(piece);
    this.recorder.link?.send(piece.slice());
  }

  end(): void {
    this.isEnded = true;
    this.recorder.link?.end();
  }

  allSent(): Uint8Array {
    return Uint8Array.from(this.sent.flatMap((piece) => [...piece]));
  }
}

function act(simulation: Simulation, side: Side | undefined, { side: name, deed }: Step): void {
  const other = name === "client" ? "server" : "client";
  if (deed.do === "send") side?.send(deed.bytes);
  else if (deed.do === "end") side?.end();
  else if (deed.do === "cut") simulation.link(name, other).cut();
  else if (deed.do === "heal") simulation.heal(name, other);
  else if (deed.do === "sleep") simulation.node(name).pause();
  else if (deed.do === "wake") simulation.node(name).resume();
  else side?.recorder.link?.[deed.do]();
}

test("any schedule delivers exactly the bytes sent in order, or ends with an error, or with a drop", () => {
  fc.assert(
    fc.property(fc.nat(), networks, stacks, steps, (seed, link, stream, script) => {
      const { simulation, dial, accepted } = stage("stream", { seed, link, stream });
      const client = new Side(dial());
      let server: Side | undefined;
      const sideOf = (name: string): Side | undefined => {
        if (accepted[0] !== undefined) server ??= new Side(accepted[0]);
        return name === "client" ? client : server;
      };
      let atUs = 0;
      let isDropped = false;
      for (const step of script) {
        atUs += step.afterUs;
        isDropped ||= step.deed.do === "reset";
        simulation.at(atUs, () => act(simulation, sideOf(step.side), step));
      }
      simulation.at(atUs + 1, () => {
        simulation.heal("client", "server");
        for (const name of ["client", "server"]) {
          simulation
            .link(name, name === "client" ? "server" : "client")
            .set({ loss: 0, corrupt: 0 });
          simulation.node(name).resume();
          sideOf(name)?.recorder.link?.resume();
        }
      });
      simulation.run();
      // A link that opened late was not there to be resumed.
      for (const one of accepted) one.link?.resume();
      client.end();
      sideOf("server")?.end();
      simulation.run();
      expectOutcome(client, server, isDropped);
      expectOutcome(server, client, isDropped);
    }),
    { numRuns: 600, seed: testSeed() },
  );
});

/** The receiver has a beginning of what was sent; all of it, unless somebody was told otherwise. */
function expectOutcome(
  source: Side | undefined,
  target: Side | undefined,
  isDropped: boolean,
): void {
  if (target !== undefined) expectKept(target.recorder);
  if (source === undefined || target === undefined) return;
  const sent = source.allSent();
  const received = target.recorder.received();
  expect(received).toEqual(sent.subarray(0, received.length));
  if (target.recorder.isEnded) expect(received).toEqual(sent);
  const isBroken = source.recorder.error !== undefined || target.recorder.error !== undefined;
  if (!isBroken && !isDropped) {
    expect(received.length).toBe(sent.length);
    expect([source.recorder.isClosed, target.recorder.isClosed]).toEqual([true, true]);
  }
}
