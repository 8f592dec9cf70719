/**
 * The tripwire of simulated runs: while their events happen, the world outside throws.
 *
 *   sealed(slice) ─► events ─► code that asks for real time ─► RunError "unsealed", with its name
 *                     └─► outside(callback): the caller's own code, which may do as it likes
 *
 * The guards go on once in a thread, with its first simulated run, and pass everything on while no
 * slice is under way: a slice is synchronous, so one flag tells, and whatever else the thread does
 * between two slices goes undisturbed. An error that is caught on its way is kept and thrown when the
 * slice ends. To swap the real things out for each slice was the road not taken: what was taken
 * between two slices would never meet a guard.
 */
import type { AsyncHook } from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";
import { RunError } from "../run/error.ts";
import { callerOf, framesAbove, isRuntimes } from "./caller.ts";
import { FORBIDDEN, type Leak } from "./forbidden.ts";
import { guardDate, guardMember, type Restore } from "./guard.ts";
import { createLateHook } from "./late.ts";

/** What this thread has put up. */
interface Guards {
  readonly restores: readonly Restore[];
  readonly hook: AsyncHook;
  /** Names that this runtime does not let anybody guard. */
  readonly open: readonly string[];
}

let guards: Guards | undefined;
let isArmed = false;
let offence: RunError | undefined;

/**
 * Runs `slice` with the tripwire armed.
 *
 * @throws RunError `unsealed` where something in it used what is forbidden, even if the slice itself
 * went on or failed otherwise; else whatever the slice throws.
 */
export function sealed<T>(slice: () => T): T {
  if (isArmed) return slice();
  guards ??= install();
  arm(true);
  try {
    return slice();
  } finally {
    arm(false);
    throwOffence();
  }
}

/** Runs code of the caller in the middle of a slice, free to use whatever it likes. */
export function outside<T>(run: () => T): T {
  if (!isArmed) return run();
  // The hook stays: it looks at the flag too, and this is called for every message.
  isArmed = false;
  try {
    return run();
  } finally {
    // Another run may have been begun in there, and have switched it off.
    arm(true);
  }
}

/** Names that are forbidden and that this runtime does not let anybody guard, for tests and for docs. */
export function unguarded(): readonly string[] {
  guards ??= install();
  return guards.open;
}

/** Takes the guards away. The next slice puts them up again. */
export function removeGuards(): void {
  for (const restore of guards?.restores.toReversed() ?? []) restore();
  guards = undefined;
  syncBuiltinESMExports();
}

function arm(on: boolean): void {
  isArmed = on;
  if (on) guards?.hook.enable();
  else guards?.hook.disable();
}

function throwOffence(): void {
  const error = offence;
  offence = undefined;
  if (error !== undefined) throw error;
}

function install(): Guards {
  const open: string[] = [];
  const restores = FORBIDDEN.flatMap(({ owner, object, names, leak, runtimeMay }) =>
    names.flatMap((name) => {
      const called = owner === "" ? name : `${owner}.${name}`;
      const before = watch(leak, runtimeMay === true);
      const restore = guardMember(object, name, { called, before });
      if (restore === undefined && Reflect.has(object, name)) open.push(called);
      return restore ?? [];
    }),
  );
  restores.push(guardDate(watch("real time", false)), freeConsole());
  // So that names which were imported from a module of the runtime are guarded too.
  syncBuiltinESMExports();
  const hook = createLateHook((type, init) => {
    if (isArmed) note(`the runtime's ${type}`, "work outside the simulation", look(init));
  });
  return { restores, hook, open };
}

/** Lets a person look: what a console does with a line (the time beside it, say) is not the run's. */
function freeConsole(): Restore {
  const was = Object.getOwnPropertyDescriptors(console);
  for (const [name, { value }] of Object.entries(was)) {
    if (typeof value !== "function") continue;
    const free = (...args: unknown[]): unknown =>
      outside(() => Reflect.apply(value, console, args));
    Object.defineProperty(console, name, { ...was[name as keyof Console], value: free });
  }
  return () => void Object.defineProperties(console, was);
}

/** What a guard asks before each use. */
function watch(leak: Leak, runtimeMay: boolean) {
  return (used: string, guard: (...args: never[]) => unknown): void => {
    if (!isArmed) return;
    const frames = look(guard);
    if (runtimeMay && isRuntimes(frames)) return;
    throw note(used, leak, frames);
  };
}

/** The frames above a guard. To read a stack may itself run code that reads files or the time. */
function look(guard: (...args: never[]) => unknown): readonly string[] {
  return outside(() => framesAbove(guard));
}

/** Writes down the first offence of a slice. */
function note(used: string, leak: string, frames: readonly string[]): RunError {
  const error = new RunError(
    "unsealed",
    `Cannot use ${used} in a simulated run: it lets in ${leak}. Used by ${callerOf(frames)}`,
  );
  offence ??= error;
  return error;
}
