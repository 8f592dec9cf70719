/**
 * One run, with one seed, in a world of its own: the piece that a series repeats.
 *
 * It chooses the world by the spec's mode and sees that it is closed again, whatever happens.
 */
import { CaptureRecorder } from "../capture/recorder.ts";
import { outside } from "../seal/seal.ts";
import type { FullSpec } from "../spec/types.ts";
import { type Conducted, conduct } from "./conduct.ts";
import type { Wall } from "./port.ts";
import type { RunOptions } from "./run.ts";
import { openSimulatedWorld } from "./simulated.ts";
import { openRealWorld, systemWall } from "./world.ts";

/**
 * Runs a spec with its `seed`; `seeds` are not looked at.
 *
 * @param wall the time outside of a simulated run
 * @throws (rejects) RunError `world-failed` where the server could not be started or was lost;
 * `unsealed` where code in a simulated run used real time, chance, timers, network or threads.
 */
export async function runOnce(
  spec: FullSpec,
  options: RunOptions,
  wall: Wall = systemWall(),
): Promise<Conducted> {
  const recorder = spec.capture ? new CaptureRecorder(spec) : undefined;
  const { keys, onExchange } = options;
  const records = onExchange !== undefined || spec.capture;
  try {
    const world =
      spec.mode === "simulated"
        ? openSimulatedWorld(spec, wall, { ...options, recorder })
        : await openRealWorld(spec, { records, recorder, keys });
    try {
      return await conduct(spec, world, free(options));
    } finally {
      await world.close();
    }
  } finally {
    recorder?.close();
  }
}

/** The caller's own functions are called amid the events, but are no part of the run. */
function free(options: RunOptions): RunOptions {
  const { onExchange, onProgress } = options;
  return {
    ...options,
    ...(onExchange && { onExchange: (line) => outside(() => onExchange(line)) }),
    ...(onProgress && { onProgress: (progress) => outside(() => onProgress(progress)) }),
  };
}
