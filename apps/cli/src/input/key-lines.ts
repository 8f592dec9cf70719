/**
 * The lines of a key file, and the changes that a key's life takes: pure text in, text out.
 *
 * Comments and the order of everything else stay as they are. Whether the outcome is a key file is not
 * decided here: it is read again before it is written.
 */

/** A line that holds a key begins with its id. */
function idOf(line: string): string | undefined {
  const [id = ""] = line.trim().split(/\s+/);
  return id === "" || id.startsWith("#") ? undefined : id;
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, "").split("\n");
}

function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

/** A line for a key. */
export function keyLine(id: string, secret: Uint8Array): string {
  return `${id}  ${Buffer.from(secret).toString("base64")}`;
}

/** What a new key file says. */
export function newKeyText(line: string): string {
  return textOf([
    "# Secrets for sealed links and signed frames: whoever may read this file can be either end.",
    "# The first key is used, all are accepted.",
    line,
  ]);
}

/** Another key after all others: accepted from now on, used by nobody yet. */
export function withKey(text: string, line: string): string {
  return textOf([...linesOf(text), line]);
}

/** The key of that id before all others: used from now on. Undefined where there is none. */
export function withFirst(text: string, id: string): string | undefined {
  const lines = linesOf(text);
  const line = lines.find((one) => idOf(one) === id);
  if (line === undefined) return undefined;
  const others = lines.filter((one) => one !== line);
  const first = others.findIndex((one) => idOf(one) !== undefined);
  return textOf(others.toSpliced(first < 0 ? others.length : first, 0, line));
}

/** Without the key of that id. Undefined where there is none. */
export function withoutKey(text: string, id: string): string | undefined {
  const lines = linesOf(text);
  const others = lines.filter((one) => idOf(one) !== id);
  return others.length === lines.length ? undefined : textOf(others);
}

/** The day as an id, with a number where it has been taken: `2026-11-24`, `2026-11-24.2`, … */
export function freshId(date: Date, taken: readonly string[]): string {
  const day = date.toISOString().slice(0, 10);
  let id = day;
  for (let count = 2; taken.includes(id); count += 1) id = `${day}.${count}`;
  return id;
}
