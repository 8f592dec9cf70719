/**
 * What a capture shows, for people: how much there is, and whether a message can be read in it.
 */
import type { FullSpec, WireResult } from "@faultline/experiment";

import { count, figure } from "./numbers.ts";
import type { Style } from "./style.ts";

/** The lines of a result with a capture. */
export function wireTexts(wire: WireResult, spec: FullSpec, style: Style): string[] {
  const cut = wire.truncated ? `   ${style.warn("cut short at captureBytesMax")}` : "";
  const entropy = `${figure(wire.entropyBitsPerByte)} bits of entropy a byte`;
  return [
    `${count(wire.packets)} packets, ${count(wire.payloadBytes)} bytes carried, ${entropy}${cut}`,
    readable(wire, style),
    ...secrets(wire, spec, style),
  ];
}

/** Only where secrets are asked for, and there are any to have. */
function secrets({ keyLogLines }: WireResult, spec: FullSpec, style: Style): string[] {
  if (!spec.captureSecrets || spec.transport !== "tls") return [];
  return keyLogLines > 0
    ? [style.warn("the file holds the secrets of its TLS sessions: whoever has it can read it")]
    : [style.warn("no secrets in the file: this runtime tells none of TLS (Node does)")];
}

function readable(wire: WireResult, style: Style): string {
  if (wire.readable === null) return "no message was long enough to be looked for";
  if (!wire.readable) {
    const run = wire.longestRunBytes ?? 0;
    const most = run === 0 ? "not four bytes of it in a row" : `at most ${run} bytes in a row`;
    return style.good(`no message can be read: ${most}`);
  }
  const { packet, offsetBytes, longestRunBytes } = wire;
  const at = offsetBytes === null ? "" : ` at byte ${offsetBytes} of its payload`;
  return style.warn(
    `a message can be read: ${longestRunBytes} bytes of it in packet ${packet}${at}`,
  );
}
