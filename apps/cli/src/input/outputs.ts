/**
 * The files that a run writes beside its answer: opened before it, so that nobody waits for nothing,
 * and ended together: what one of them cannot hold costs none of the others.
 */
import { CaptureFile } from "./capture-file.ts";
import { LineFile, prepareFile, writeTextFile } from "./file.ts";

/** Where they are; undefined: not wanted. */
export interface OutputPaths {
  readonly capture?: string | undefined;
  readonly exchanges?: string | undefined;
  readonly junit?: string | undefined;
}

/** @see module */
export class Outputs {
  readonly capture: CaptureFile | undefined;
  readonly exchanges: LineFile | undefined;
  readonly #junit: string | undefined;

  /** @throws ToolError where one cannot be written; then there is no new capture, nor a part of it */
  constructor({ capture, exchanges, junit }: OutputPaths) {
    this.#junit = junit;
    this.capture = capture === undefined ? undefined : new CaptureFile(capture);
    try {
      this.exchanges = exchanges === undefined ? undefined : new LineFile(exchanges);
      if (junit !== undefined) prepareFile(junit);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** There will be no capture. */
  discard(): void {
    this.capture?.discard();
  }

  /** Writes what is left. @throws ToolError the first failure, when every file has had its turn */
  finish(report: () => string): void {
    const path = this.#junit;
    const steps = [
      () => path !== undefined && writeTextFile(path, report()),
      () => this.exchanges?.close(),
      () => this.capture?.close(),
    ];
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
