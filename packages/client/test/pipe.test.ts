/**
 * The text form over links in memory: replies without identity, so what can be told is told,
 * what cannot is called ambiguous, and a wrong body is never called delivered.
 */
import { encodePipe, PipeDecoder, decodePipeDatagram } from "@faultline/protocol";
import type { Link } from "@faultline/protocol";
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { Client, ClientOptions, Outcome, SubmitOptions } from "../src/index.ts";
import { createClient } from "../src/index.ts";
import { Owed, OWED_BODIES_MAX } from "../src/owed.ts";
import { endsOf, SESSION, sumsOf, textOf } from "./support/world.ts";

const utf8 = new TextEncoder();

type Serve = (
  body: string,
  answer: (text: string, afterMs?: number) => void,
  index: number,
) => void;

/** A server that reads pipe messages and writes whatever text its script says. */
class PipeWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly network: MemoryNetwork;
  readonly client: Client;
  readonly bodies: string[] = [];
  readonly #serve: Serve;

  constructor(serve: Serve, client: Partial<ClientOptions> = {}, kind?: "datagram") {
    this.#serve = serve;
    this.network = new MemoryNetwork({ clock: this.clock, kind: kind ?? "stream" });
    this.network.listen((link) => {
      const decoder = new PipeDecoder();
      const read = (bytes: Uint8Array): void => {
        if (link.kind === "datagram") {
          const item = decodePipeDatagram(bytes);
          if (item.kind === "message") this.#message(item.body, link);
          return;
        }
        decoder.push(bytes);
        for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
          if (item.kind === "message") this.#message(item.body, link);
        }
      };
      const nothing = (): void => {};
      return {
        onOpen: nothing,
        onBytes: read,
        onDrain: nothing,
        onEnd: () => link.end(),
        onClose: nothing,
      };
    });
    this.client = createClient({
      dialer: this.network,
      clock: this.clock,
      draw: () => 0,
      session: SESSION,
      codec: "pipe",
      attemptsMax: 4,
      attemptTimeoutMs: 1000,
      ...client,
    });
  }

  send(body: string, options: SubmitOptions = {}): Outcome {
    let outcome: Outcome | undefined;
    this.client.submit(body, options, (got) => (outcome = got));
    this.clock.runUntil(() => outcome !== undefined);
    return outcome!;
  }

  #message(body: Uint8Array, link: Link): void {
    const text = new TextDecoder().decode(body);
    const index = this.bodies.push(text) - 1;
    const answer = (reply: string, afterMs = 0): void => {
      const send = (): void => void link.send(utf8.encode(reply));
      if (afterMs === 0) send();
      else this.clock.setTimer(this.clock.nowUs() + afterMs * 1000, send);
    };
    this.#serve(text, answer, index);
  }
}

const pipe = (body: string): string => new TextDecoder().decode(encodePipe(utf8.encode(body)));
const echo: Serve = (body, answer) => answer(pipe(body));

describe("a pipe message", () => {
  test.each(["Hey", "a|b|c", "äöü ✓", "error_code", " ", "x\r\ny"])(
    "%j is delivered by its echo",
    (body) => {
      for (const kind of [undefined, "datagram"] as const) {
        const world = new PipeWorld(echo, {}, kind);
        const outcome = world.send(body);
        expect(outcome).toMatchObject({ outcome: "delivered", ambiguous: false });
        expect(textOf(outcome)).toBe(body);
        expect(outcome.attempts).toMatchObject([{ local: "memory:1", sequence: 0 }]);
      }
    },
  );

  test("travels as the original form", () => {
    expect(pipe("Hey")).toBe("Hey|e4599fa9");
  });

  test("is answered by a reply in pieces, or with a line end behind it", () => {
    const world = new PipeWorld((body, answer) => {
      const text = pipe(body);
      for (const [index, character] of Array.from(`${text}\r\n`).entries())
        answer(character, index);
    });
    expect(world.send("Hey").outcome).toBe("delivered");
    world.clock.advance(2000);
    expect(world.send("You").outcome).toBe("delivered");
    expect(world.client.stats()).toMatchObject({ retries: 0, corruptionsDetected: 0 });
  });

  test("that is answered with error_code is retried: its reply was lost", () => {
    const world = new PipeWorld((body, answer, index) =>
      answer(index === 0 ? "error_code" : pipe(body)),
    );
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["error-reply: lost", "reply"]);
    // Its first attempt was answered, if badly: the second reply can only be its own.
    expect(outcome.ambiguous).toBe(false);
    expect(outcome.attempts.map(({ sequence }) => sequence)).toEqual([0, 1]);
  });

  test.each([
    ["a changed body", "Hez|e4599fa9"],
    ["a changed checksum", "Hey|e4599fa8"],
    ["no checksum", "Hey"],
    ["garbage", "\u0000\u0001\u0002|"],
  ])("that is answered with %s is retried", (_, text) => {
    for (const kind of [undefined, "datagram"] as const) {
      const world = new PipeWorld(
        (body, answer, index) => answer(index === 0 ? text : pipe(body)),
        {},
        kind,
      );
      const outcome = world.send("Hey");
      expect(endsOf(outcome)).toEqual(["corrupt", "reply"]);
      expect(textOf(outcome)).toBe("Hey");
      expect(world.client.stats()).toMatchObject({ corruptionsDetected: 1, resets: 0 });
    }
  });

  test("whose reply is cut short is retried when its time is up, and the stump disturbs nothing", () => {
    const world = new PipeWorld(
      (body, answer, index) => answer(index === 0 ? pipe(body).slice(0, 6) : pipe(body)),
      { backoff: { firstMs: 100, jitter: "none" } },
    );
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["corrupt", "reply"]);
    expect(outcome.attempts[0]?.endedUs).toBe(1_000_000);
    // The failure was taken once: the wait is the first of the backoff, not the second.
    expect(outcome.attempts[1]?.sentUs).toBe(1_100_000);
    expect(world.client.stats()).toMatchObject({ timeouts: 0, corruptionsDetected: 1 });
  });
});

describe("a sound reply with another body", () => {
  test("is a late one of an earlier message: counted, waited past, given to nobody", () => {
    const world = new PipeWorld(
      (body, answer, index) => {
        if (index === 0) answer(pipe(body), 1500);
        else answer(pipe(body), 800);
      },
      { attemptsMax: 1 },
    );
    expect(world.send("first").outcome).toBe("failed");
    const second = world.send("second");
    expect(endsOf(second)).toEqual(["reply"]);
    expect(textOf(second)).toBe("second");
    expect(world.client.stats()).toMatchObject({ staleReplies: 1, ambiguous: 0 });
  });

  test("never delivers, whatever comes", () => {
    const world = new PipeWorld((_, answer) => answer(pipe("something else")));
    const outcome = world.send("Hey");
    expect(outcome.outcome).toBe("failed");
    expect(world.client.stats().staleReplies).toBe(4);
  });
});

describe("the same body twice", () => {
  test("is ambiguous while an earlier attempt of it is unanswered", () => {
    const world = new PipeWorld((body, answer, index) => {
      if (index > 0) answer(pipe(body));
    });
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["timeout", "reply"]);
    expect(outcome).toMatchObject({ outcome: "delivered", ambiguous: true });
    expect(world.client.stats().ambiguous).toBe(1);
  });

  test("is ambiguous while an earlier message of it is unanswered", () => {
    const world = new PipeWorld(
      (body, answer, index) => {
        if (index > 0) answer(pipe(body));
      },
      { attemptsMax: 1 },
    );
    expect(world.send("Hey").outcome).toBe("failed");
    expect(world.send("Hey")).toMatchObject({ outcome: "delivered", ambiguous: true });
  });

  test("is certain once every earlier one was answered", () => {
    const world = new PipeWorld(echo);
    for (let n = 0; n < 10; n++) {
      expect(world.send("Hey")).toMatchObject({ outcome: "delivered", ambiguous: false });
    }
  });

  test("is certain on a new link: what the old one owed can not come any more", () => {
    const world = new PipeWorld((body, answer, index) => {
      if (index === 0) world.network.connections[0]?.server.reset();
      else answer(pipe(body));
    });
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["reset: link-reset", "reply"]);
    expect(outcome.ambiguous).toBe(false);
  });

  test("delivers in the wait between two attempts, as a late reply", () => {
    const world = new PipeWorld((body, answer) => answer(pipe(body), 1500), {
      backoff: { kind: "constant", firstMs: 1000, jitter: "none" },
    });
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["late-reply"]);
    expect(outcome.ambiguous).toBe(false);
  });
});

describe("the replies a link owes", () => {
  const body = (n: number): Uint8Array => utf8.encode(`${n}`);

  test("are remembered by body, up to the limit; beyond it nothing is certain any more", () => {
    const owed = new Owed();
    for (let n = 0; n < OWED_BODIES_MAX; n++) owed.add(body(n));
    expect(owed.answered(body(0))).toBe(false);
    owed.add(body(0));
    expect(owed.answered(body(1))).toBe(false);
    owed.add(body(1));
    owed.add(body(-1));
    expect(owed.answered(body(2))).toBe(true);
  });

  test("are all forgotten once as many answers came as messages were sent", () => {
    const owed = new Owed();
    owed.add(body(1));
    owed.add(body(1));
    owed.answeredUnseen();
    owed.answeredUnseen();
    owed.answeredUnseen();
    owed.add(body(1));
    expect(owed.answered(body(1))).toBe(false);
  });

  test("are certain when only one is still owed, whichever was answered badly", () => {
    const owed = new Owed();
    owed.add(body(1));
    owed.add(body(1));
    owed.answeredUnseen();
    expect(owed.answered(body(1))).toBe(false);
  });
});

describe("a server like the original", () => {
  test("that swallows every second message is outwaited: every message arrives", () => {
    let isSwallowing = false;
    const world = new PipeWorld((body, answer) => {
      if (!isSwallowing) answer(pipe(body));
      isSwallowing = !isSwallowing;
    });
    for (let n = 0; n < 10; n++) {
      const outcome = world.send(`message ${n}`);
      expect(outcome.outcome).toBe("delivered");
      expect(textOf(outcome)).toBe(`message ${n}`);
    }
    expect(world.client.stats()).toMatchObject({ resets: 0, timeouts: 9 });
  });

  test("that says nothing three times in a row has its link replaced", () => {
    const world = new PipeWorld((body, answer, index) => {
      if (index >= 3) answer(pipe(body));
    });
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["timeout", "timeout", "timeout", "reply"]);
    expect(outcome.attempts.map(({ local }) => local)).toEqual([
      "memory:1",
      "memory:1",
      "memory:1",
      "memory:2",
    ]);
    expect(outcome.ambiguous).toBe(false);
  });

  test("that never answers datagrams gets them all the same", () => {
    const world = new PipeWorld(() => {}, { expectReply: false }, "datagram");
    for (let n = 0; n < 3; n++) {
      const outcome = world.send(`${n}`);
      expect(outcome).toMatchObject({ outcome: "delivered", reply: undefined });
      expect(outcome.attempts).toHaveLength(1);
    }
    world.clock.advance(1);
    expect(world.bodies).toEqual(["0", "1", "2"]);
    expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
  });
});

describe("a pipe message that is not idempotent", () => {
  test("is sent once: the server would execute it again", () => {
    const world = new PipeWorld(() => {});
    const outcome = world.send("Hey", { idempotent: false });
    expect(outcome).toMatchObject({
      outcome: "indeterminate",
      error: { code: "outcome-unknown", attempts: 1, cause: { code: "timeout" } },
    });
    expect(world.bodies).toHaveLength(1);
  });

  test("is repeated while no byte of it has left", () => {
    const world = new PipeWorld(echo);
    world.network.unlisten();
    expect(world.send("Hey", { idempotent: false })).toMatchObject({
      outcome: "failed",
      error: { code: "attempts-exhausted", attempts: 4 },
    });
  });
});
