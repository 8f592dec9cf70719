/**
 * The one error this package throws, and it means a local mistake.
 *
 * Whatever a peer or the network does comes back as a value (a `Refusal`, a `corrupt` item), so
 * reading needs no try/catch. Match on `code`: two copies of this class may be installed.
 */

/** Asked to put something on the wire that has no place there. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** What was wrong, as a word: `payload-too-large`, `bad-operation`, … */
  readonly code: string;
  /** Whose mistake: `local`, the caller's; `remote`, the peer's. */
  readonly side: "local" | "remote";

  constructor(code: string, side: "local" | "remote", message: string) {
    super(message);
    this.code = code;
    this.side = side;
  }
}
