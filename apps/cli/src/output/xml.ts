/**
 * As much of XML 1.0 as a report needs: escaped text, elements with attributes.
 *
 * Text from a spec may come from a stranger, and what XML cannot hold at all (most control
 * characters, lone surrogates) cannot be escaped either: it becomes U+FFFD, so that it shows.
 */

// Not among the characters of XML 1.0 (section 2.2): they cannot be written, not even as a reference.
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Text as an attribute value or as element content; what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(ILLEGAL, "\ufffd")
    .replace(/[&<>"'\t\n\r]/g, (found) => ENTITIES[found] ?? found);
}

/** Attributes in the order they are written. */
export type Attributes = Readonly<Record<string, string | number>>;

/** An opening tag, or with `/>` a whole empty element. */
export function tag(name: string, attributes: Attributes, end: ">" | "/>" = ">"): string {
  const parts = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(String(value))}"`,
  );
  return `<${name}${parts.join("")}${end}`;
}
