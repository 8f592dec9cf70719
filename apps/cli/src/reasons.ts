/**
 * World failures in words: what an operating system's code means to a person.
 *
 * Matches on `code` only. A code that is not listed is shown as it is, never swallowed.
 */

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "the port is in use",
  EADDRNOTAVAIL: "this machine has no such address",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was reset",
  EEXIST: "it exists already",
  EHOSTUNREACH: "the host cannot be reached",
  EISDIR: "it is a folder",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENETUNREACH: "the network cannot be reached",
  ENOENT: "no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a folder",
  ENOTFOUND: "the host name is not known",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ETIMEDOUT: "it took too long",
};

/** The literal code of an error, looked for along its causes; undefined where none has one. */
export function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at !== undefined && at !== null && depth < 8; depth += 1) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    if (typeof code === "string") return code;
    at = cause;
  }
  return undefined;
}

/** Why it failed, in a few words without a full stop: `the disk is full`. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const words = code === undefined ? undefined : WORDS[code];
  if (words !== undefined) return words;
  return error instanceof Error ? error.message : String(error);
}
