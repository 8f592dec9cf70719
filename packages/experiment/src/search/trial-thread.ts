/**
 * The entry of a thread that tries seeds of one spec, one after another.
 *
 * It is told the spec and the module of the parts once, and a seed at a time after that. Functions
 * do not cross threads, so parts of one's own are loaded here, from the same module.
 */
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../series/messages.ts";
import { type CreateParts, runTrial } from "./trial.ts";
import type { TrialAnswer, TrialSetup } from "./trial-pool.ts";

const port = parentPort;
if (port === null) throw new Error("trial-thread.ts is the entry of a worker thread");

const { spec, partsModule } = workerData as TrialSetup;
/** Loaded with the first seed: a seed that comes while a module loads could be missed. */
let loading: Promise<CreateParts | undefined> | undefined;

async function loadParts(): Promise<CreateParts | undefined> {
  if (partsModule === undefined) return undefined;
  const loaded = (await import(partsModule)) as { readonly default: CreateParts };
  return loaded.default;
}

async function answer(seed: number): Promise<TrialAnswer> {
  try {
    loading ??= loadParts();
    const createParts = await loading;
    const { failures, result } = await runTrial({ ...spec, seed }, { createParts, detail: false });
    return { outcome: { seed, failures, digest: result?.digest ?? null } };
  } catch (error) {
    return { broken: messageOf(error) };
  }
}

port.on("message", (seed: number) => {
  void answer(seed).then((message) => port.postMessage(message));
});
