/** Two nodes, a link between them, and a recorder that notes when things were told. */
import type { Link, LinkEvents } from "@faultline/protocol";
import { LinkRecorder } from "@faultline/testkit";
import { expect } from "vitest";
import type { LinkKind, SimulationOptions } from "../src/index.ts";
import { Simulation } from "../src/index.ts";

export const PORT = 7000;

/** A recorder that knows the time of every event, and can be told what to do in one. */
export class TimedRecorder extends LinkRecorder {
  readonly times: { readonly event: string; readonly atUs: number }[] = [];
  link: Link | undefined;
  /** Done after each event, with its name. */
  react: (event: string, bytes: Uint8Array) => void = () => {};
  readonly #simulation: Simulation;
  constructor(simulation: Simulation) {
    super();
    this.#simulation = simulation;
  }

  override onOpen(): void {
    super.onOpen();
    this.#note("open");
  }
  override onBytes(bytes: Uint8Array): void {
    super.onBytes(bytes);
    this.#note("bytes", bytes);
  }
  override onDrain(): void {
    super.onDrain();
    this.#note("drain");
  }
  override onEnd(): void {
    super.onEnd();
    this.#note("end");
  }
  override onClose(error: Parameters<LinkEvents["onClose"]>[0]): void {
    super.onClose(error);
    this.#note("close");
  }

  /** Times of all events of one name. */
  at(event: string): number[] {
    return this.times.filter((one) => one.event === event).map((one) => one.atUs);
  }

  #note(event: string, bytes: Uint8Array = new Uint8Array(0)): void {
    this.times.push({ event, atUs: this.#simulation.nowUs });
    this.react(event, bytes);
  }
}

/** A client and a server, and what came in at the server. */
export interface Stage {
  readonly simulation: Simulation;
  readonly accepted: TimedRecorder[];
  readonly dial: () => TimedRecorder;
}

/** Two nodes; the server listens. Segments are not cut in two unless asked for. */
export function stage(kind: LinkKind, options: Partial<SimulationOptions> = {}): Stage {
  const simulation = new Simulation({
    seed: 1,
    ...options,
    stream: { cut: 0, ...options.stream },
  });
  simulation.addNode("client");
  simulation.addNode("server");
  const accepted: TimedRecorder[] = [];
  simulation.listen("server", { port: PORT, kind }, (link) => {
    const recorder = new TimedRecorder(simulation);
    recorder.link = link;
    accepted.push(recorder);
    return recorder;
  });
  const dial = (): TimedRecorder => {
    const recorder = new TimedRecorder(simulation);
    const dialer = simulation.dialer("client", { host: "server", port: PORT, kind });
    recorder.link = dialer.dial(recorder);
    return recorder;
  };
  return { simulation, accepted, dial };
}

/** A stage whose two ends are open; times start at `startUs`. */
export function connected(
  kind: LinkKind,
  options: Partial<SimulationOptions> = {},
): Stage & {
  readonly client: TimedRecorder;
  readonly server: TimedRecorder;
  readonly startUs: number;
} {
  const set = stage(kind, options);
  const client = set.dial();
  if (kind === "datagram") client.link?.send(new Uint8Array(1));
  set.simulation.run();
  const server = set.accepted[0];
  if (server === undefined) throw new Error("The link did not open.");
  server.forget();
  server.times.length = 0;
  return { ...set, client, server, startUs: set.simulation.nowUs };
}

/** Bytes that tell their place. */
export function pattern(size: number, first = 0): Uint8Array {
  return new Uint8Array(size).map((_, index) => (first + index * 7 + (index >> 8)) & 0xff);
}

/** Times relative to a start. */
export function since(startUs: number, times: readonly number[]): number[] {
  return times.map((atUs) => atUs - startUs);
}

/** Asserts that no recorder saw a promise broken. */
export function expectKept(...recorders: readonly TimedRecorder[]): void {
  expect(recorders.flatMap((recorder) => recorder.violations)).toEqual([]);
}
