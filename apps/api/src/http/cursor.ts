/**
 * The cursor of a page: opaque to users, the last id of the page before to us.
 *
 * Base64url only so that nobody is tempted to build one; it holds nothing secret. It names an id
 * and no offset, so runs added meanwhile neither repeat nor skip anything.
 */

import { isRunId } from "../ids.ts";

const PREFIX = "older-than:";

/** The cursor of the page after this run. */
export function makeCursor(lastId: string): string {
  return Buffer.from(PREFIX + lastId).toString("base64url");
}

/** The id in a cursor, or undefined if it is none of ours. */
export function readCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, "base64url").toString();
  const id = text.slice(PREFIX.length);
  return text.startsWith(PREFIX) && isRunId(id) && makeCursor(id) === cursor ? id : undefined;
}
