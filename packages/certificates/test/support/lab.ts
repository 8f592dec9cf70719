/**
 * Certificates for the test files of every package that speaks TLS: one authority and what it
 * signed, made when asked for first. Not in the test kit, which stays below this package.
 */
import { type Authority, createAuthority, type Issued } from "../../src/index.ts";

export interface Lab {
  readonly authority: Authority;
  /** For 127.0.0.1 and localhost. */
  readonly server: Issued;
}

let made: Promise<Lab> | undefined;

export function lab(): Promise<Lab> {
  made ??= make();
  return made;
}

async function make(): Promise<Lab> {
  const nowMs = Date.now();
  const authority = await createAuthority({ nowMs });
  const hosts = ["127.0.0.1", "localhost"];
  return { authority, server: await authority.issue({ kind: "server", hosts, nowMs }) };
}
