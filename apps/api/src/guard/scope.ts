/**
 * What a token may do, as a ladder of three words: `read`, `run`, `admin`.
 *
 * Each rung includes those before it, since a token that may start a run but not look at it is of
 * no use. What a request needs follows from its method alone, so that a route added tomorrow is
 * guarded without anybody thinking of it.
 */

/** The scopes, lowest first. */
export const SCOPES = ["read", "run", "admin"] as const;
/** One of them. */
export type Scope = (typeof SCOPES)[number];

/** Whether the text is a scope. */
export function isScope(text: unknown): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** What a request of this method needs: looking is `read`, removing `admin`, the rest `run`. */
export function scopeOfMethod(method: string): Scope {
  switch (method.toUpperCase()) {
    case "GET":
    case "HEAD":
    case "OPTIONS":
      return "read";
    case "DELETE":
      return "admin";
    default:
      return "run";
  }
}

/** Whether one of the granted scopes reaches as far as the needed one. */
export function allows(granted: readonly Scope[], needed: Scope): boolean {
  const rung = SCOPES.indexOf(needed);
  return granted.some((scope) => SCOPES.indexOf(scope) >= rung);
}
