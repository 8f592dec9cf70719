/**
 * Whom the two ends of an encrypted run trust: an authority made for this run alone.
 *
 * It lives in memory and ends with the run; the client verifies the server's certificate against it
 * as it would against any other. Loaded when asked for: other runs need no library for certificates.
 */

/** What the server shows, and what the client believes. */
export interface Trust {
  /** The root, as PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes a root, and a certificate for a host signed by it.
 *
 * @param nowMs ms since 1970
 */
export async function makeTrust(host: string, nowMs: number): Promise<Trust> {
  const { createAuthority } = await import("@faultline/certificates");
  const authority = await createAuthority({ name: "Faultline run", nowMs, days: 2 });
  const { cert, key } = await authority.issue({ kind: "server", hosts: [host], nowMs, days: 1 });
  return { ca: authority.cert, cert, key };
}
