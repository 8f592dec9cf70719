/**
 * Which methods a path answers to: for 405 with `Allow`, and for `OPTIONS`.
 *
 * The router only says "no handler"; whether that means 404 or 405 is read off the same list of
 * routes that it was built from.
 */

/** A route as far as this file cares: `{name}` in a path stands for one segment. */
export interface MethodAndPath {
  readonly method: string;
  readonly path: string;
}

/** Gives the methods of a path in upper case, HEAD and OPTIONS included; none for an unknown one. */
export function makeMethodTable(
  routes: readonly MethodAndPath[],
): (path: string) => readonly string[] {
  const table = routes.map(({ method, path }) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  }));
  return (path) => {
    const methods = table.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (methods.length === 0) return [];
    const heads = methods.includes("GET") ? ["HEAD"] : [];
    return [...methods, ...heads, "OPTIONS"];
  };
}
