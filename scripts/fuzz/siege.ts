/**
 * A server with keys under siege: forged, replayed, truncated, reordered frames, and one true client
 * in between, which must notice nothing.
 *
 * The whole way is there but the socket: a sealing dialer, the server's entrance, its core. Of every
 * attack it is asked that nothing was executed, that not one byte was sent, and that the true client's
 * next exchange goes through, which it could not if a window had moved. Attacks follow from the seed.
 */
import type { Frame, Link, LinkEvents, SealKey } from "@faultline/protocol";
import {
  createFrameKeys,
  crc32c,
  decodeDatagram,
  encodeFrame,
  isRefusal,
  sealDialer,
} from "@faultline/protocol";
import type { ServerCore } from "@faultline/server";
import { createEntrance, createServerCore } from "@faultline/server";
import { FakeClock } from "../../packages/testkit/src/fake-clock.ts";
import type { Draw } from "./inputs.ts";
import { drawsOf } from "./inputs.ts";

/** What came of a siege. */
export interface SiegeTally {
  /** By their kind. */
  readonly attacks: Record<string, number>;
  /** Of the true client, each answered. */
  exchanges: number;
}

const KEY: SealKey = { id: "lab", secret: new Uint8Array(32).fill(17) };
const SIGNED = "hmac-sha256-128";
/** Records that the attacker has seen pass, and those he held back. */
const SEEN_MAX = 4096;
const WINDOW = 1024;
/** Attacks between two exchanges of the true client. */
const EXCHANGE_EVERY = 16;
/** Exchanges of which one has a record that is held back. */
const HOLD_EVERY = 4;
/** So few records to an epoch that the siege sees many. */
const LIMITS = { rekeyRecords: 20_000 };

/** The server's end of a datagram peer that lives in this process. */
class Peer implements Link {
  readonly kind = "datagram";
  readonly local = "server:1";
  readonly remote: string;
  readonly #onSent: (bytes: Uint8Array) => void;
  events: LinkEvents | undefined;

  constructor(remote: string, onSent: (bytes: Uint8Array) => void) {
    this.remote = remote;
    this.#onSent = onSent;
  }

  send(bytes: Uint8Array): boolean {
    this.#onSent(bytes);
    return true;
  }

  pause(): void {}
  resume(): void {}

  end(): void {
    const { events } = this;
    this.events = undefined;
    events?.onClose(undefined);
  }

  reset(): void {
    this.end();
  }
}

/** @see module */
export class Siege {
  readonly tally: SiegeTally = { attacks: {}, exchanges: 0 };
  readonly #draw: Draw;
  readonly #core: ServerCore;
  readonly #entrance;
  readonly #truePeer: Peer;
  readonly #link: Link;
  readonly #signer = createFrameKeys({ keys: [KEY], side: "client" });
  /** Sealed records of the true client that arrived, of the server's, and those that were held back. */
  readonly #seen: Uint8Array[] = [];
  readonly #fromServer: Uint8Array[] = [];
  readonly #hellos: Uint8Array[] = [];
  readonly #heldBack: { readonly bytes: Uint8Array; readonly at: number }[] = [];
  #holdNext = false;
  #sentByServer = 0;
  #replies: Uint8Array[] = [];
  #operation = 0;
  #addresses = 0;
  #bytesOnTheirWay: LinkEvents | undefined;

  constructor(seed: number) {
    this.#draw = drawsOf(seed, 0);
    const clock = new FakeClock();
    this.#core = createServerCore({ clock, keys: [KEY] });
    const random = (bytes: number): Uint8Array =>
      Uint8Array.from({ length: bytes }, () => this.#draw());
    this.#entrance = createEntrance({
      keys: [KEY],
      codec: "frame",
      clock,
      random,
      secret: random(32),
      accept: (link) => this.#core.accept(link),
      turnedAway: (refusal, remote) => this.#core.turnedAway(refusal, remote),
    });
    this.#truePeer = this.#newPeer((bytes) => this.#toClient(bytes));
    const dialer = sealDialer(
      { kind: "datagram", dial: (events) => this.#dial(events, clock) },
      { keys: [KEY], clock, random, limits: LIMITS },
    );
    this.#link = dialer.dial({
      onOpen() {},
      onBytes: (bytes) => this.#replies.push(new Uint8Array(bytes)),
      onDrain() {},
      onEnd() {},
      onClose() {},
    });
    clock.advance(1);
    this.#exchange();
  }

  /** One attack, and now and then an exchange. @throws {Error} where a promise was broken. */
  attack(): void {
    const [kind, bytes, fromElsewhere] = this.#next();
    this.tally.attacks[kind] = (this.tally.attacks[kind] ?? 0) + 1;
    const { executions, replayed } = this.#core.stats();
    const sent = this.#sentByServer;
    this.#deliver(bytes, fromElsewhere);
    const after = this.#core.stats();
    if (after.executions !== executions || after.replayed !== replayed) {
      throw new Error(`a ${kind} frame was accepted`);
    }
    if (this.#sentByServer !== sent) throw new Error(`a ${kind} frame was answered`);
    if (this.#draw() % EXCHANGE_EVERY === 0) this.#exchange();
  }

  #next(): readonly [kind: string, bytes: Uint8Array, fromElsewhere: boolean] {
    const draw = this.#draw;
    const elsewhere = draw() % 4 === 0;
    const record = pick(this.#seen, draw);
    switch (draw() % 12) {
      case 0:
      case 1:
        return ["replayed", record, elsewhere];
      case 2:
        return ["truncated", record.subarray(0, draw() % record.length), elsewhere];
      case 3:
        return ["extended", joined(record, noise(draw, 1 + (draw() % 40))), elsewhere];
      case 4:
        return ["renumbered", rewritten(record, 12, draw() & 0x1f_ffff, draw()), elsewhere];
      case 5:
        return [
          "of another epoch",
          rewritten(record, 8, draw() % 5 === 0 ? draw() : draw() % 8),
          elsewhere,
        ];
      case 6:
        return ["reflected", pick(this.#fromServer, draw), elsewhere];
      case 7:
        return [
          "spliced",
          joined(record.subarray(0, 20), pick(this.#seen, draw).subarray(20)),
          elsewhere,
        ];
      case 8:
        return draw() % 16 === 0
          ? ["repeated hello", pick(this.#hellos, draw), elsewhere]
          : ["flipped hello", flipped(pick(this.#hellos, draw), draw), elsewhere];
      case 9:
        return this.#late() ?? ["flipped", flipped(record, draw), elsewhere];
      case 10:
        return ["signed anew", this.#resigned(), elsewhere];
      default:
        return ["flipped", flipped(record, draw), elsewhere];
    }
  }

  /** A true record that comes when more than a window of others have passed it. */
  #late(): readonly [string, Uint8Array, boolean] | undefined {
    const [first] = this.#heldBack;
    if (first === undefined || this.tally.exchanges - first.at <= WINDOW) return undefined;
    this.#heldBack.shift();
    return ["reordered beyond the window", first.bytes, false];
  }

  /** A signed frame with something changed, and every CRC made to fit again. */
  #resigned(): Uint8Array {
    const draw = this.#draw;
    const frame = this.#frame(draw() % 100, { checksum: SIGNED, session: { high: 7, low: 7 } });
    const bytes = flipped(encodeFrame(frame, this.#signer), draw);
    // The header's CRC is anybody's to make: the signature has to hold alone.
    const view = new DataView(bytes.buffer);
    if (bytes.length >= 40) view.setUint32(36, crc32c(bytes, 0, 36));
    const original = encodeFrame(frame, this.#signer);
    return isSame(bytes, original) ? flipped(original.subarray(0, 30), draw) : bytes;
  }

  /** The true client sends, and has its answer. */
  #exchange(): void {
    const operation = this.#operation++;
    this.#replies = [];
    const frame = this.#frame(operation, {});
    this.#holdNext = this.#draw() % HOLD_EVERY === 0;
    if (this.#holdNext) {
      // One record is held back; the message itself is sent again, as a client would.
      this.#link.send(encodeFrame({ ...frame, operation: this.#operation++ }));
    }
    this.#link.send(encodeFrame(frame));
    const [reply] = this.#replies;
    const item = reply === undefined ? undefined : decodeDatagram(reply);
    if (item === undefined || isRefusal(item) || item.operation !== operation) {
      throw new Error(`the true client's exchange ${operation} was disturbed`);
    }
    this.tally.exchanges++;
  }

  #frame(operation: number, differences: Partial<Frame>): Frame {
    return {
      type: 2,
      checksum: "crc32c",
      flags: 0,
      status: 0,
      session: { high: 1, low: 2 },
      operation,
      attempt: 1,
      remainingMs: 0,
      payload: noise(this.#draw, this.#draw() % 60),
      ...differences,
    };
  }

  #dial(events: LinkEvents, clock: FakeClock): Link {
    clock.setTimer(0, () => events.onOpen());
    this.#bytesOnTheirWay = events;
    return {
      kind: "datagram",
      local: "client:1",
      remote: "server:1",
      send: (bytes) => this.#fromClient(bytes),
      pause() {},
      resume() {},
      end() {},
      reset() {},
    };
  }

  #fromClient(bytes: Uint8Array): boolean {
    const copy = new Uint8Array(bytes);
    if (copy[3] === 1) keep(this.#hellos, copy);
    else if (this.#holdNext) {
      this.#holdNext = false;
      this.#heldBack.push({ bytes: copy, at: this.tally.exchanges });
      return true;
    } else keep(this.#seen, copy);
    this.#deliver(copy, false);
    return true;
  }

  #toClient(bytes: Uint8Array): void {
    this.#sentByServer++;
    if (bytes[3] !== 2) keep(this.#fromServer, new Uint8Array(bytes));
    this.#bytesOnTheirWay?.onBytes(bytes);
  }

  #deliver(bytes: Uint8Array, fromElsewhere: boolean): void {
    const peer = fromElsewhere ? this.#newPeer(() => this.#sentByServer++) : this.#truePeer;
    peer.events ??= this.#entrance.accept(peer);
    peer.events.onBytes(new Uint8Array(bytes));
    if (fromElsewhere && peer.events !== undefined) {
      throw new Error("a peer that proved nothing was kept");
    }
  }

  #newPeer(onSent: (bytes: Uint8Array) => void): Peer {
    return new Peer(`client:${++this.#addresses}`, onSent);
  }
}

function pick(from: readonly Uint8Array[], draw: Draw): Uint8Array {
  return from[draw() % from.length] ?? new Uint8Array(1);
}

function keep(list: Uint8Array[], bytes: Uint8Array): void {
  list.push(bytes);
  if (list.length > SEEN_MAX) list.splice(0, SEEN_MAX / 2);
}

/** One to five flipped bits, anywhere. */
function flipped(bytes: Uint8Array, draw: Draw): Uint8Array {
  const copy = new Uint8Array(bytes);
  const places = new Set(
    Array.from({ length: 1 + (draw() % 5) }, () => draw() % (8 * copy.length)),
  );
  for (const bit of places) copy[bit >>> 3]! ^= 1 << (bit & 7);
  return copy;
}

function rewritten(bytes: Uint8Array, at: number, ...words: number[]): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (const [index, word] of words.entries()) view.setUint32(at + 4 * index, word >>> 0);
  return copy;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}

function noise(draw: Draw, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, () => draw());
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
