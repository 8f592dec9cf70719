/** Pitfall 21. The end of a stream in mid-frame is taken for the end of the reply. */
import { encodeFrame, FrameType } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import type { Request } from "../support/world.ts";
import { textOf, World } from "../support/world.ts";
import { Naive, naiveText } from "./support.ts";

const BODIES = ["first", "second", "third"];

function replyOf(request: Request): Uint8Array {
  return encodeFrame({ ...request.frame, type: FrameType.reply, remainingMs: 0 });
}

/** Three exchanges on one stream whose replies reach `cut`: bytes before it, then what follows. */
function exchange(
  cut: (request: Request, before: Uint8Array, after: Uint8Array) => void,
  at: number,
) {
  const held: Request[] = [];
  const world = new World({
    client: { inFlightMax: 3, attemptTimeoutMs: 50, backoff: { firstMs: 1 } },
    serve: (request) => {
      if (request.frame.attempt > 1) request.echo();
      else if (held.push(request) === BODIES.length) {
        const all = Uint8Array.from(held.flatMap((one) => [...replyOf(one)]));
        cut(request, all.slice(0, at), all.slice(at));
      }
    },
  });
  const sent = BODIES.map((body) => world.submit(body));
  const outcomes = sent.map((one) => world.outcomeOf(one));
  return { outcomes, stats: world.client.stats() };
}

const LENGTH = BODIES.reduce((sum, { length }) => sum + 40 + length + 4, 0);
const OFFSETS = Array.from({ length: LENGTH + 1 }, (_, at) => at);

describe("a stream of three replies", () => {
  test("split at every offset is read as it was written", () => {
    for (const at of OFFSETS) {
      const { outcomes, stats } = exchange((request, before, after) => {
        request.send(before);
        request.send(after, 5);
      }, at);
      expect(outcomes.map(textOf)).toEqual(BODIES);
      expect(stats).toMatchObject({ attempts: 3, corruptionsDetected: 0 });
    }
  });

  test("ended at every offset gives whole replies or none, never a short one", () => {
    for (const at of OFFSETS.slice(0, -1)) {
      const { outcomes, stats } = exchange((request, before) => {
        request.send(before);
        request.link.end();
      }, at);
      expect(outcomes.map(textOf)).toEqual(BODIES);
      expect(stats.ended.reset).toBeGreaterThan(0);
    }
  });

  test("gives a naive client short replies, and calls them good", () => {
    const world = new World({
      serve: (request) => request.send(replyOf(request).subarray(0, 46)),
    });
    const outcome = new Naive(world).send("a message");
    expect(outcome.ok).toBe(true);
    expect(naiveText(outcome)).toBe("a ");
  });
});
