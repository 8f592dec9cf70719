/** What a package without types of its own gives. */

declare module "parse-prometheus-text-format" {
  export default function parse(text: string): unknown;
}
