/**
 * Bare servers on the loopback interface, written by hand: the client is tested against the
 * protocol, not against our own server, and against sockets, not against memory.
 */
import { createSocket } from "node:dgram";
import type { RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Frame, Link, LinkEvents } from "@faultline/protocol";
import {
  decodeDatagram,
  encodeFrame,
  FrameDecoder,
  FrameType,
  isRefusal,
} from "@faultline/protocol";

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** What a server does with a frame; `nth` counts the connections from 0. */
export type ServeFrame = (frame: Frame, peer: Peer) => void;

export interface Peer {
  readonly connection: number;
  /** `host:port`. */
  readonly remote: string;
  readonly socket: Socket | undefined;
  send(bytes: Uint8Array): void;
  reply(frame: Frame, change?: Partial<Frame>): void;
}

function peerOf(peer: Omit<Peer, "reply">): Peer {
  const { send } = peer;
  return {
    ...peer,
    reply: (frame, change = {}) =>
      send(encodeFrame({ ...frame, type: FrameType.reply, remainingMs: 0, ...change })),
  };
}

/** A TCP server that hands every socket to `accept`. */
export async function listenTcp(accept: (socket: Socket) => void, port = 0): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    accept(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A TCP server of frames; pings are answered, ends of streams too. */
export async function serveTcp(serve: ServeFrame, port = 0): Promise<Listener> {
  let connections = 0;
  return listenTcp((socket) => {
    const remote = `${socket.remoteAddress}:${socket.remotePort}`;
    const send = (bytes: Uint8Array): void => void socket.write(bytes);
    const peer = peerOf({ connection: connections++, remote, socket, send });
    const decoder = new FrameDecoder();
    socket.on("end", () => socket.end());
    socket.on("data", (bytes: Uint8Array) => {
      decoder.push(bytes);
      for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
        if (!isRefusal(item)) serveOne(item, peer, serve);
      }
      decoder.settle();
    });
  }, port);
}

/** A UDP server of frames. */
export async function serveUdp(serve: ServeFrame): Promise<Listener> {
  return listenUdp((bytes, send, from) => {
    const item = decodeDatagram(bytes);
    const remote = `${from.address}:${from.port}`;
    const peer = peerOf({ connection: 0, remote, socket: undefined, send });
    if (!isRefusal(item)) serveOne(item, peer, serve);
  });
}

/** A UDP server that hands every datagram to `arrived`, with the way back. */
export async function listenUdp(
  arrived: (bytes: Uint8Array, send: (bytes: Uint8Array) => void, from: RemoteInfo) => void,
): Promise<Listener> {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => {
    arrived(bytes, (reply) => socket.send(reply, from.port, from.address), from);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    async close() {
      socket.close();
      await once(socket, "close");
    },
  };
}

function serveOne(frame: Frame, peer: Peer, serve: ServeFrame): void {
  if (frame.type === FrameType.ping) peer.reply(frame, { type: FrameType.pong });
  if (frame.type === FrameType.data) serve(frame, peer);
}

/** A port on which nobody listens: one that was just given back. */
export async function deadPort(): Promise<number> {
  const listener = await listenTcp(() => {});
  await listener.close();
  return listener.port;
}

/** An accepted socket as a link, for the contract suite. */
export function tcpLinkOf(
  socket: Socket,
  below: Socket = socket,
): { link: Link; own(events: LinkEvents): void } {
  let isDropped = false;
  let isEnded = false;
  let error: Error | undefined;
  const link: Link = {
    kind: "stream",
    remote: `${below.remoteAddress}:${below.remotePort}`,
    local: `${below.localAddress}:${below.localPort}`,
    send: (bytes) => socket.write(bytes),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end() {
      isEnded = true;
      socket.end();
    },
    reset() {
      if (isDropped) return;
      isDropped = true;
      // As in the dialer: a socket that is just ending cannot be reset.
      if (isEnded) below.destroy();
      else below.resetAndDestroy();
    },
  };
  return {
    link,
    own(events) {
      events.onOpen();
      socket.on("data", (bytes: Uint8Array) => events.onBytes(bytes));
      socket.on("drain", () => events.onDrain());
      socket.on("end", () => events.onEnd());
      socket.on("error", (problem) => (error = problem));
      below.on("close", () => {
        const isClean = isDropped || error === undefined;
        events.onClose(isClean ? undefined : { code: "reset", message: String(error) });
      });
    },
  };
}

/** One sender's datagrams as a link, for the contract suite. */
export function udpLinkOf(send: (bytes: Uint8Array) => void, from: RemoteInfo): Link {
  const nothing = (): void => {};
  return {
    kind: "datagram",
    remote: `${from.address}:${from.port}`,
    local: "",
    send(bytes) {
      send(bytes);
      return true;
    },
    pause: nothing,
    resume: nothing,
    end: nothing,
    reset: nothing,
  };
}
