/**
 * A client or a server of the user's own, for `--parts MODULE`: what is under test need not be ours.
 *
 * The module's default export makes the parts of one run: `() => ({ createClient, createServerCore })`,
 * either of which may be missing. It is loaded as it is, with everything it does when it is loaded;
 * whoever names a file runs it.
 */
import { isAbsolute, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import type { CreateParts } from "@faultline/experiment";

import { ToolError } from "../exit.ts";
import { shown } from "../output/printable.ts";
import { reasonOf } from "../reasons.ts";

/** The module as other threads find it. */
export function partsUrl(path: string): string {
  return pathToFileURL(resolve(path)).href;
}

/** Loads what makes the parts; undefined where no module is named. @throws ToolError */
export async function loadParts(path: string | undefined): Promise<CreateParts | undefined> {
  if (path === undefined) return undefined;
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(partsUrl(path))) as typeof loaded;
  } catch (error) {
    throw new ToolError(`Cannot load ${shown(path)}: ${reasonOf(error)}`, { cause: error });
  }
  if (typeof loaded.default === "function") return loaded.default as CreateParts;
  const rule = "a module whose default export is a function that makes the parts";
  throw new ToolError(`Cannot load as "--parts" must be ${rule}: got ${shown(path)}`);
}

/** How a file in `folder` imports the module. */
export function importFrom(folder: string, path: string): string {
  const way = relative(resolve(folder), resolve(path)).replaceAll("\\", "/");
  return way.startsWith(".") || isAbsolute(way) ? way : `./${way}`;
}
