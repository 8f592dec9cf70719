/**
 * Host and port of a dialer: checked once, with the loopback address as the default host.
 *
 * Names are resolved by the runtime at each dial, so a name may move; nothing is cached here.
 */
import { integerOf, refusal } from "./checks.ts";

/** The place to connect to. */
export interface EndpointOptions {
  /** A name or an address. @default "127.0.0.1" */
  readonly host?: string;
  /** 1 … 65 535. */
  readonly port: number;
}

/** The options, checked and complete. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** @throws TypeError or RangeError naming the option, its rule and the value it had. */
export function endpointOf(options: EndpointOptions): Endpoint {
  const { host = "127.0.0.1" } = options;
  if (typeof host !== "string" || host === "") {
    const setting = { doing: "dial", name: "host", value: host };
    throw new TypeError(refusal(setting, "a name or an address"));
  }
  const port = integerOf({ doing: "dial", name: "port", value: options.port }, 1, 65_535);
  return { host, port };
}
