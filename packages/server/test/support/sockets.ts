/**
 * Real sockets for tests: raw clients whose every received byte is on record, and what waits for it.
 *
 * Nothing here sleeps: a test waits for bytes, for a close, for an event, and the runner's timeout
 * ends what never comes.
 */
import type { Socket as UdpSocket } from "node:dgram";
import { createSocket } from "node:dgram";
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { Frame } from "@faultline/protocol";
import { encodeFrame, FrameDecoder, isRefusal } from "@faultline/protocol";
import type { ServerEvent } from "../../src/event.ts";
import type { Endpoint } from "../../src/server.ts";
import { frame, join, words } from "./core-world.ts";

/** Lets a test wait until something holds, looking again after every change. */
export class Changes {
  #wake: () => void = () => {};

  change(): void {
    this.#wake();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** A raw TCP client. */
export class TcpTalker {
  readonly frames: Frame[] = [];
  /** How it ended: "" while open, "end" or the system's error code. */
  closed = "";
  ended = false;
  readonly socket: Socket;
  readonly changes = new Changes();
  readonly #pieces: Uint8Array[] = [];
  readonly #decoder = new FrameDecoder();

  constructor({ host, port }: Endpoint) {
    let error = "end";
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    this.socket.on("end", () => this.#note(() => (this.ended = true)));
    this.socket.on(
      "error",
      (reason: Error & { code?: string }) => (error = reason.code ?? "failed"),
    );
    this.socket.on("close", () => this.#note(() => (this.closed = error)));
  }

  /** Everything received so far. */
  get bytes(): Uint8Array {
    return join(this.#pieces);
  }

  get text(): string {
    return words(this.bytes);
  }

  send(...frames: readonly Partial<Frame>[]): void {
    this.socket.write(join(frames.map((fields) => encodeFrame(frame(fields)))));
  }

  async until(holds: () => boolean): Promise<void> {
    await this.changes.until(() => holds() || this.closed !== "");
  }

  /** Waits for so many frames in all. */
  async received(count: number): Promise<Frame[]> {
    await this.until(() => this.frames.length >= count);
    return this.frames;
  }

  async gone(): Promise<string> {
    await this.changes.until(() => this.closed !== "");
    return this.closed;
  }

  close(): void {
    this.socket.destroy();
  }

  #take(bytes: Uint8Array): void {
    this.#pieces.push(new Uint8Array(bytes));
    this.#decoder.push(bytes);
    for (let item = this.#decoder.next(); item !== undefined; item = this.#decoder.next()) {
      if (isRefusal(item)) break;
      this.frames.push({ ...item, payload: item.payload.slice() });
    }
    this.#decoder.settle();
    this.changes.change();
  }

  #note(run: () => void): void {
    run();
    this.changes.change();
  }
}

/** A raw UDP client. */
export class UdpTalker {
  readonly datagrams: Uint8Array[] = [];
  readonly changes = new Changes();
  readonly #socket: UdpSocket;
  readonly #to: Endpoint;

  constructor(to: Endpoint) {
    this.#to = to;
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (bytes: Uint8Array) => {
      this.datagrams.push(new Uint8Array(bytes));
      this.changes.change();
    });
  }

  get frames(): Frame[] {
    return this.datagrams.map((bytes) => {
      const decoder = new FrameDecoder();
      decoder.push(bytes);
      return decoder.next() as Frame;
    });
  }

  send(...frames: readonly Partial<Frame>[]): void {
    for (const fields of frames) this.sendBytes(encodeFrame(frame(fields)));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes, this.#to.port, this.#to.host);
  }

  /** Waits for so many datagrams in all. */
  async received(count: number): Promise<Frame[]> {
    await this.changes.until(() => this.datagrams.length >= count);
    return this.frames;
  }

  close(): void {
    this.#socket.close();
  }
}

/** Collects events, and waits for one. */
export class EventLog {
  readonly events: ServerEvent[] = [];
  readonly #changes = new Changes();

  readonly take = (event: ServerEvent): void => {
    this.events.push(event);
    this.#changes.change();
  };

  of<K extends ServerEvent["event"]>(event: K): Extract<ServerEvent, { event: K }>[] {
    return this.events.filter(
      (one): one is Extract<ServerEvent, { event: K }> => one.event === event,
    );
  }

  /** Waits until there are so many of that kind; a server that fails meanwhile fails the test. */
  async until<K extends ServerEvent["event"]>(
    event: K,
    count = 1,
  ): Promise<Extract<ServerEvent, { event: K }>[]> {
    const failed = (): string | undefined => this.of("failed")[0]?.message;
    await this.#changes.until(() => this.of(event).length >= count || failed() !== undefined);
    if (this.of(event).length < count) throw new Error(`The server failed: ${failed()}`);
    return this.of(event);
  }
}
