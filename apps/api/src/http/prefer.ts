/**
 * The `Prefer` header (RFC 7240), as far as this API has a preference to honour: `wait`.
 *
 * A preference is a wish: whatever cannot be read is ignored, never refused (§2), and of several
 * mentions of one preference the first counts.
 */

/** Seconds of the first `wait` preference; undefined without one. */
export function preferredWaitSeconds(header: string | undefined): number | undefined {
  for (const preference of splitOutsideQuotes(header ?? "", ",")) {
    const [token = ""] = splitOutsideQuotes(preference, ";");
    const match = /^\s*wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))\s*$/i.exec(token);
    if (match !== null) return Number(match[1] ?? match[2]);
  }
  return undefined;
}

/** Splits where the separator stands outside a quoted string. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === "\\") at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
