/**
 * The entry of a worker thread: puts clock, core, sockets and the ways to the other workers
 * together, and obeys the main thread.
 *
 * No logic of its own beyond that. An exception that nobody caught is a bug: the worker tells what
 * it knows (counts, records, events) and ends, so that the main thread can start another.
 */
import process from "node:process";
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { WireLog } from "@faultline/capture";
import type { Link, LinkEvents } from "@faultline/protocol";
import { systemRandom } from "./chance.ts";
import { systemClock } from "./clock.ts";
import type {
  Closing,
  LastWords,
  ListenRefusal,
  WorkerOrder,
  WorkerReport,
  WorkerSetup,
} from "./command.ts";
import type { KeyOptions } from "./core/auth.ts";
import { createServerCore } from "./core/core.ts";
import type { CoreStats } from "./stats.ts";
import { createEntrance } from "./entrance.ts";
import { ServerError } from "./error.ts";
import { EventPost } from "./event-post.ts";
import { leftBehind, remember } from "./journal/remember.ts";
import { enter, type Neighbours } from "./route/door.ts";
import type { RelayMessage } from "./route/relay-message.ts";
import { Relay } from "./route/relay.ts";
import { Persistence } from "./persistence.ts";
import { listenTcp, type TcpListener } from "./tcp.ts";
import { listenTls, type TlsListener } from "./tls.ts";
import { listenUdp, type UdpListener } from "./udp.ts";

/** Of the secret that proofs of address are made with. */
const SECRET_BYTES = 32;
const setup = workerData as WorkerSetup;
const { index, workers, limits } = setup;
const clock = systemClock(setup.epochUs);
const post = new EventPost(clock, limits.eventsPendingMax, (events) =>
  report({ report: "events", events }),
);
const wires = createWireLog(setup.wireLogBytesMax);
const remembered = remember(setup, clock);
const core = createServerCore({
  clock,
  codec: setup.codec,
  responder: remembered.responder,
  plan: setup.plan,
  limits,
  memory: remembered.memory,
  events: setup.events,
  onEvent: (event) => post.add(event),
  worker: index,
  ...keysOf(setup),
  ...(wires && { tap: wires.tap("behind") }),
});
const listener = new Persistence(setup, clock);
const entrance = createEntrance({
  ...keysOf(setup),
  codec: setup.codec,
  clock,
  random: systemRandom,
  secret: systemRandom(SECRET_BYTES),
  limits,
  accept,
  turnedAway: (refusal, remote) => core.turnedAway(refusal, remote),
  onDropped: () => core.datagramDropped("sendQueueBytesMax"),
});
const relays = new Map<number, Relay>();
const neighbours: Neighbours = {
  index,
  workers,
  accept: (link) => core.accept(link),
  release: (events, home) => core.release(events, home),
  defer: (run) => clock.defer(run),
  relay: (link, home) => relays.get(home)?.open(link),
};
const listening = {
  host: setup.host,
  reusePort: workers > 1,
  sendQueueBytesMax: limits.sendQueueBytesMax,
  accept: (link: Link) => entrance.accept(link),
};
const tlsNeighbours: Neighbours = {
  ...neighbours,
  accept: (link) => core.accept(link, "tls"),
};
let tcp: TcpListener | undefined;
let tls: TlsListener | undefined;
let udp: UdpListener | undefined;

process.on("uncaughtException", crash);
parentPort?.on("message", (order: WorkerOrder) => obey(order));
void start();

function report(message: WorkerReport): void {
  parentPort?.postMessage(message);
}

/** What passes behind the faults, posted in chunks that are given away. */
function createWireLog(bytesMax: number | null): WireLog | undefined {
  if (bytesMax === null) return undefined;
  const onChunk = (chunk: Uint8Array<ArrayBuffer>): void => {
    parentPort?.postMessage({ report: "wires", chunk } satisfies WorkerReport, [chunk.buffer]);
  };
  return new WireLog({ bytesMax, onChunk });
}

function keysOf({ keys, requireKeys }: WorkerSetup): KeyOptions {
  return keys === null ? {} : { keys, requireKeys };
}

function accept(link: Link): LinkEvents {
  return workers === 1 ? core.accept(link) : enter(link, neighbours);
}

function acceptTls(link: Link): LinkEvents {
  return workers === 1 ? core.accept(link, "tls") : enter(link, tlsNeighbours);
}

/** Without TCP a worker is none. Without UDP it may be: where a runtime cannot share a port. */
async function start(): Promise<void> {
  const failed = remembered.refused ?? (await startStreams());
  if (failed !== undefined) {
    report({ report: "failed", ...failed });
    return;
  }
  if (remembered.recovered !== undefined) core.tell(remembered.recovered);
  const udpRefused = setup.udpPort === null ? undefined : await startUdp(setup.udpPort);
  const ports = { tcpPort: tcp?.port, udpPort: udp?.port, tlsPort: tls?.port };
  report({ report: "ready", ...ports, udpRefused });
}

async function startStreams(): Promise<ListenRefusal | undefined> {
  const { tcpPort, tlsPort } = setup;
  const refused = tcpPort === null ? undefined : await startTcp(tcpPort);
  return refused ?? (tlsPort === null ? undefined : await startTls(tlsPort));
}

async function startTcp(port: number): Promise<ListenRefusal | undefined> {
  const onError = (error: Error): void => tellSocketError("tcp", error);
  return await listener.persist("tcp", port, async () => {
    tcp = await listenTcp({ ...listening, port, onError });
  });
}

async function startTls(port: number): Promise<ListenRefusal | undefined> {
  const { epochUs, tls: tlsSetup } = setup;
  if (tlsSetup === null) return undefined;
  const { handshakeTimeoutMs, handshakesMax } = limits;
  return await listener.persist("tls", port, async () => {
    tls = await listenTls({
      ...listening,
      handshakeTimeoutMs,
      handshakesMax,
      port,
      clock,
      epochUs,
      setup: tlsSetup,
      accept: acceptTls,
      refused: (refusal, remote) => core.turnedAway(refusal, remote),
      onError: (error) => tellSocketError("tls", error),
    });
  });
}

async function startUdp(port: number): Promise<ListenRefusal | undefined> {
  const reusePort = listening.reusePort && setup.udpShared;
  const onDropped = (): void => core.datagramDropped("sendQueueBytesMax");
  const onError = (error: Error): void => tellSocketError("udp", error);
  return await listener.persist("udp", port, async () => {
    udp = await listenUdp({ ...listening, reusePort, port, onDropped, onError });
  });
}

function tellSocketError(transport: "tcp" | "udp" | "tls", error: Error): void {
  core.tell({ event: "socket-error", transport, message: error.message });
}

function obey(order: WorkerOrder): void {
  switch (order.order) {
    case "set-faults":
      core.setFaults(order.plan);
      answer(order.id, null);
      return;
    case "set-clients":
      tls?.setClients(order.clients);
      answer(order.id, null);
      return;
    case "stats":
      answer(order.id, stats());
      return;
    case "take-records":
      answer(order.id, core.takeRecords());
      return;
    case "take-endings":
      answer(order.id, core.takeEndings());
      return;
    case "flush-wires":
      wires?.flush();
      answer(order.id, wires?.dropped ?? 0);
      return;
    case "neighbour":
      meet(order.index, order.port);
      answer(order.id, null);
      return;
    case "events-taken":
      post.taken(order.count);
      return;
    case "close":
      close(order);
      return;
    case "crash":
      throw new Error(order.message);
    default:
      order satisfies never;
  }
}

function answer(id: number, value: Extract<WorkerReport, { report: "answer" }>["value"]): void {
  post.flush();
  report({ report: "answer", id, value });
}

function stats(): CoreStats {
  return { ...core.stats(), eventsDropped: post.dropped };
}

/** Opens the way to another worker, in place of one that crashed perhaps. */
function meet(other: number, port: MessagePort): void {
  const relay = new Relay({
    post: (message) => port.postMessage(message),
    accept: (link) => core.accept(link),
    relayBytesMax: limits.relayBytesMax,
    onDropped: () => core.datagramDropped("relayBytesMax"),
    sendQueueBytesMax: limits.sendQueueBytesMax,
  });
  relays.get(other)?.close();
  relays.set(other, relay);
  port.on("message", (message: RelayMessage) => relay.receive(message));
  port.on("close", () => {
    relay.close();
    if (relays.get(other) === relay) relays.delete(other);
  });
}

/**
 * The UDP socket stays until the thread ends: another worker may still have a reply to send
 * through it.
 */
function close({ graceMs, retryAfterMs }: Closing): void {
  void tcp?.close();
  entrance.close();
  void tls?.close();
  const late = clock.setTimer(clock.nowUs() + graceMs * 1000, () => core.close());
  core.drain(() => {
    late.cancel();
    report({ report: "closed", ...lastWords() });
  }, retryAfterMs);
}

function lastWords(): LastWords {
  post.flush();
  return { stats: stats(), records: core.takeRecords(), endings: core.takeEndings() };
}

function crash(error: unknown): void {
  // A journal that fails is the world's doing: said as an event, without our stack.
  const failed = error instanceof ServerError ? error : undefined;
  if (failed !== undefined) core.tell({ event: "data-failed", message: failed.message });
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = failed?.message ?? stack;
  const { stats: counted, ...last } = lastWords();
  const lost = failed?.code === "data-lost";
  report({ report: "crashed", message, lost, ...last, stats: leftBehind(setup, counted) });
  process.exit(1);
}
