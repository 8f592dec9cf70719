/**
 * A run that comes to no result still tells the build server so: an empty file says nothing.
 *
 * The error goes on as it was; the file is a copy of it. Where that cannot be written either, the
 * error is still what is told.
 */
import type { FullSpec, Result } from "@faultline/experiment";

import { ToolError } from "../exit.ts";
import { writeTextFile } from "../input/file.ts";
import { junitErrorXml } from "../output/junit.ts";
import type { System } from "../system.ts";

/** What an error is reported with. */
export interface ErrorReport {
  readonly system: Pick<System, "date" | "nowMs">;
  readonly spec: FullSpec;
  /** Where to; undefined: nobody asked. */
  readonly junit: string | undefined;
}

/** Does the work; where it fails, writes the report and passes the error on. */
export async function withErrorReport(
  { system, spec, junit }: ErrorReport,
  work: () => Promise<Result>,
): Promise<Result> {
  const startedAt = system.date().toISOString();
  const startedMs = system.nowMs();
  try {
    return await work();
  } catch (error) {
    const wallMs = system.nowMs() - startedMs;
    if (junit !== undefined) {
      tryToWrite(junit, junitErrorXml(spec, { message: messageOf(error), startedAt, wallMs }));
    }
    throw error;
  }
}

function messageOf(error: unknown): string {
  const details = error instanceof ToolError ? error.details : [];
  return [error instanceof Error ? error.message : String(error), ...details].join("\n");
}

function tryToWrite(path: string, text: string): void {
  try {
    writeTextFile(path, text);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
  }
}
