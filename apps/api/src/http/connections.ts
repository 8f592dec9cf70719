/**
 * What one connection may ask of us at a time, and how long it may leave an answer lying.
 *
 * A packet holds a thousand pipelined requests, and node:http begins them all at once although their
 * answers leave one after the other: whoever reads nothing would have us keep a thousand of them. So
 * a connection with too many requests under way is cut, and so is one that takes nothing of its answer
 * for too long. Silence of our own (an event stream, a wait) counts against nobody.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Limits } from "../limits.ts";
import { watchSocket } from "../system.ts";

/** The limits that connections are held to. */
export type ConnectionLimits = Pick<Limits, "answerStallMsMax" | "pipelinedRequestsMax">;

/** Counts requests by connection. */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #underWay = new WeakMap<Socket, number>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Whether the request may be answered; if not, its connection has been cut. */
  admit({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const underWay = this.#of(socket) + 1;
    if (underWay > this.#limits.pipelinedRequestsMax) {
      socket.destroy();
      return false;
    }
    this.#underWay.set(socket, underWay);
    response.once("close", () => this.#underWay.set(socket, this.#of(socket) - 1));
    return true;
  }

  /** Cuts the connections of a server that take nothing. */
  watch(server: Server): void {
    const { answerStallMsMax } = this.#limits;
    server.timeout = answerStallMsMax;
    // Told after so long without a byte either way, a long write in progress not counted.
    server.on("timeout", (socket) => {
      const isOurSilence = this.#of(socket) > 0 && socket.writableLength === 0;
      if (isOurSilence) watchSocket(socket, answerStallMsMax);
      else socket.destroy();
    });
  }

  #of(socket: Socket): number {
    return this.#underWay.get(socket) ?? 0;
  }
}
