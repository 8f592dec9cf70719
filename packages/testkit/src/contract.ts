/**
 * What every `Link` must do, whatever carries it: one suite for memory, TCP, UDP and what comes.
 *
 * The suite never waits on the wall clock: it goes on when an event has arrived, and moves a fake
 * clock where the harness has one. Where a promise holds for streams only (end of stream, reset,
 * back-pressure) datagram links are not asked.
 */
import type { Dialer, Link, LinkEvents } from "@faultline/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LinkRecorder } from "./recorder.ts";
import { numbers, seed } from "./seed.ts";

/** A world in which links can be dialled and accepted. */
export interface LinkHarness {
  /** Dials the listener that `accept` was given to. */
  readonly dialer: Dialer;
  /** Dials an address where nobody listens; left out where that cannot be known (UDP). */
  readonly dialerRefused?: Dialer;
  /** Moves a fake clock until nothing is left to do; left out where time moves by itself. */
  pump?(): void;
  /** Closes the listener and whatever is open. */
  close(): Promise<void> | void;
}

/** Starts a listener that calls `accept` for every link that comes in. */
export type MakeLinkHarness = (
  accept: (link: Link) => LinkEvents,
) => Promise<LinkHarness> | LinkHarness;

interface End {
  readonly link: Link;
  readonly seen: LinkRecorder;
}

/** One test's world: a harness, and a recorder for every link in it. */
class Stage {
  readonly accepted: End[] = [];
  readonly #make: MakeLinkHarness;
  readonly #recorders: LinkRecorder[] = [];
  #harness: LinkHarness | undefined;
  #wake: () => void = () => {};

  constructor(make: MakeLinkHarness) {
    this.#make = make;
  }

  async start(): Promise<LinkHarness> {
    this.#harness = await this.#make((link) => {
      const seen = this.recorder();
      this.accepted.push({ link, seen });
      return seen;
    });
    return this.#harness;
  }

  recorder(): LinkRecorder {
    const recorder = new LinkRecorder();
    recorder.onChange = () => this.#wake();
    this.#recorders.push(recorder);
    return recorder;
  }

  /** Both ends of one connection, open. */
  async connect(): Promise<{ client: End; server: End }> {
    const { dialer } = await this.start();
    const seen = this.recorder();
    const link = dialer.dial(seen);
    // The other end of a datagram link only comes to be with the first datagram.
    if (link.kind === "datagram") link.send(Uint8Array.of(0));
    await this.until(() => seen.isOpen && this.accepted[0]?.seen.isOpen === true);
    const server = this.accepted[0]!;
    if (link.kind === "datagram") await this.until(() => server.seen.bytesReceived === 1);
    server.seen.forget();
    return { client: { link, seen }, server };
  }

  /** Waits for `done`, looking again after every event. */
  async until(done: () => boolean): Promise<void> {
    for (;;) {
      const change = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#harness?.pump?.();
      if (done()) return;
      if (this.#harness?.pump !== undefined) throw new Error("Nothing more will happen.");
      await change;
    }
  }

  async end(): Promise<void> {
    await this.#harness?.close();
    expect(this.#recorders.flatMap((recorder) => recorder.violations)).toEqual([]);
  }
}

/** Declares the suite for one kind of link. Call it at the top of a test file. */
export function linkContract(
  name: string,
  kind: "stream" | "datagram",
  make: MakeLinkHarness,
): void {
  describe(`${name} keeps the promises of a link`, () => {
    let stage = new Stage(make);
    beforeEach(() => {
      stage = new Stage(make);
    });
    afterEach(() => stage.end());
    commonPromises(() => stage, kind);
    if (kind === "datagram") datagramPromises(() => stage);
    else {
      streamPromises(() => stage);
      endPromises(() => stage);
    }
  });
}

function commonPromises(stage: () => Stage, kind: "stream" | "datagram"): void {
  test("a dial returns before anything is told, and opens once", async () => {
    const { dialer } = await stage().start();
    const seen = stage().recorder();
    const link = dialer.dial(seen);
    expect(seen.events).toEqual([]);
    expect([dialer.kind, link.kind]).toEqual([kind, kind]);
    await stage().until(() => seen.isOpen);
    expect(link.local).not.toBe("");
    expect(link.remote).not.toBe("");
  });

  test("what is sent arrives at the other end, in both directions", async () => {
    const { client, server } = await stage().connect();
    client.link.send(Uint8Array.of(1, 2, 3));
    await stage().until(() => server.seen.bytesReceived === 3);
    server.link.send(Uint8Array.of(4, 5));
    await stage().until(() => client.seen.bytesReceived === 2);
    expect(server.seen.received()).toEqual(Uint8Array.of(1, 2, 3));
    expect(client.seen.received()).toEqual(Uint8Array.of(4, 5));
  });

  test("bytes sent before the link is open travel once it is", async () => {
    const { dialer } = await stage().start();
    const link = dialer.dial(stage().recorder());
    link.send(Uint8Array.of(7));
    const { accepted } = stage();
    await stage().until(() => (accepted[0]?.seen.bytesReceived ?? 0) === 1);
    expect(accepted[0]!.seen.received()).toEqual(Uint8Array.of(7));
  });

  test("a paused link tells of no bytes until it is resumed", async () => {
    const { client, server } = await stage().connect();
    client.link.pause();
    server.link.send(Uint8Array.of(1));
    // A trip the other way gives the byte time to arrive, and to be told of by mistake.
    client.link.send(Uint8Array.of(9));
    await stage().until(() => server.seen.bytesReceived === 1);
    expect(client.seen.bytesReceived).toBe(0);
    server.link.send(Uint8Array.of(2));
    client.link.resume();
    await stage().until(() => client.seen.bytesReceived === 2);
    expect(client.seen.received()).toEqual(Uint8Array.of(1, 2));
  });
}

function streamPromises(stage: () => Stage): void {
  test("a dial to nobody ends as refused, and is never open", async () => {
    const { dialerRefused } = await stage().start();
    if (dialerRefused === undefined) return;
    const seen = stage().recorder();
    dialerRefused.dial(seen);
    await stage().until(() => seen.isClosed);
    expect(seen.events).toEqual(["close"]);
    expect(seen.error?.code).toBe("refused");
  });

  test("a stream keeps every byte and their order, whatever the sizes", async () => {
    const { client, server } = await stage().connect();
    const draw = numbers(seed());
    const pieces = Array.from({ length: 300 }, () => {
      return new Uint8Array(1 + (draw() % 900)).map(() => draw());
    });
    const sent = new LinkRecorder();
    for (const piece of pieces) {
      sent.pieces.push(new Uint8Array(piece));
      client.link.send(piece);
    }
    await stage().until(() => server.seen.bytesReceived >= sent.bytesReceived);
    expect(server.seen.received()).toEqual(sent.received());
  });

  test("an end of stream passes after the bytes, and the other side can still answer", async () => {
    const { client, server } = await stage().connect();
    client.link.send(Uint8Array.of(1));
    client.link.end();
    await stage().until(() => server.seen.isEnded);
    expect(server.seen.received()).toEqual(Uint8Array.of(1));
    server.link.send(Uint8Array.of(2));
    server.link.end();
    await stage().until(() => client.seen.isClosed && server.seen.isClosed);
    expect(client.seen.received()).toEqual(Uint8Array.of(2));
    expect(client.seen.events.slice(-2)).toEqual(["end", "close"]);
    expect([client.seen.error, server.seen.error]).toEqual([undefined, undefined]);
  });

  test("a reset closes both ends: without error here, as reset there", async () => {
    const { client, server } = await stage().connect();
    client.link.reset();
    await stage().until(() => client.seen.isClosed && server.seen.isClosed);
    expect(client.seen.error).toBeUndefined();
    expect(server.seen.error?.code).toBe("reset");
    expect(server.seen.isEnded).toBe(false);
  });
}

function endPromises(stage: () => Stage): void {
  test("closing twice, in any way, tells of it once", async () => {
    const { client, server } = await stage().connect();
    client.link.end();
    client.link.end();
    client.link.reset();
    client.link.reset();
    await stage().until(
      () => client.seen.isClosed && (server.seen.isEnded || server.seen.isClosed),
    );
    // Behind an end of stream a socket does not hear of a reset: this side has to end itself.
    server.link.end();
    server.link.reset();
    await stage().until(() => server.seen.isClosed);
    expect(client.seen.events.filter((event) => event === "close")).toHaveLength(1);
    expect(server.seen.events.filter((event) => event === "close")).toHaveLength(1);
  });

  test("a full link says so, and tells when it can take more", async () => {
    const { client, server } = await stage().connect();
    server.link.pause();
    const piece = new Uint8Array(65_536);
    let pieces = 0;
    let isFull = false;
    // Sockets buffer some megabytes before they are full; the bound is far above that.
    while (!isFull && pieces < 1024) {
      isFull = !client.link.send(piece.slice());
      pieces++;
    }
    expect(isFull).toBe(true);
    server.link.resume();
    await stage().until(() => client.seen.events.includes("drain"));
    await stage().until(() => server.seen.bytesReceived === pieces * piece.length);
  });
}

function datagramPromises(stage: () => Stage): void {
  test("one send is one datagram: nothing is merged and nothing is cut", async () => {
    const { client, server } = await stage().connect();
    for (const [index, size] of [1, 1200, 0, 37].entries()) {
      client.link.send(new Uint8Array(size).fill(index));
      await stage().until(() => server.seen.pieces.length === index + 1);
    }
    expect(server.seen.pieces.map((piece) => piece.length)).toEqual([1, 1200, 0, 37]);
  });

  test("ending a datagram link closes it here, once, and tells the other end nothing", async () => {
    const { client, server } = await stage().connect();
    client.link.end();
    client.link.reset();
    await stage().until(() => client.seen.isClosed);
    expect(client.seen.error).toBeUndefined();
    expect(server.seen.isEnded).toBe(false);
  });
}
