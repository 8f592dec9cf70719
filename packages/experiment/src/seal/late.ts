/**
 * The second line: work handed to the runtime by a reference that was taken before the guards were on.
 *
 * The runtime tells of every asynchronous resource as it is made, whoever made it and however. One
 * cannot refuse it there (an error in the hook ends the process), so it is written down and the
 * slice fails at its end. Node tells of all of them; Deno of timers and sockets, not of files.
 */
import { createHook } from "node:async_hooks";
import type { AsyncHook, HookCallbacks } from "node:async_hooks";

/** Told of a resource as it is made; called inside the code that makes it. */
export type OnResource = (type: string, hook: (...args: never[]) => unknown) => void;

/**
 * Reactions of promises and the like, which are no events; what a console makes to write; and the
 * state of a compression, which is the same for one that waits for nobody.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  "Microtask",
  "PIPEWRAP",
  "PROMISE",
  "TTYWRAP",
  "TickObject",
  "WRITEWRAP",
  "ZLIB",
]);

/** A hook that is off until it is enabled. */
export function createLateHook(onResource: OnResource): AsyncHook {
  function init(_id: number, type: string): void {
    if (!HARMLESS.has(type)) onResource(type, init as never);
  }
  // Without promises the hook costs nothing where nothing happens; older runtimes pass the word over.
  const callbacks: HookCallbacks & { readonly trackPromises: boolean } = {
    init,
    trackPromises: false,
  };
  return createHook(callbacks);
}
