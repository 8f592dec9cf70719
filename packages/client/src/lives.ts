/**
 * What a client knows of the lives of its servers (life.ts of the protocol): their tags, and since when
 * each was surely there.
 *
 * A tag is heard with every reply; how old its life is only with pongs, hellos and error replies. The
 * age says since when by this client's own clock: what the word took on its way makes the life seem
 * younger than it is, never older, so what is proved by it is true.
 */
import { LIFE_TAG_MAX, type LifeNotice } from "@faultline/protocol";

/** One server's. */
export class ServerLife {
  /** 0: nothing was heard yet. */
  tag = 0;
  /** It was there by then, in µs of the client's clock; Infinity: nobody said. */
  sinceUs: number = Infinity;

  /** A reply came. */
  hear(tag: number): void {
    if (tag === this.tag || tag > LIFE_TAG_MAX) return;
    this.tag = tag;
    this.sinceUs = Infinity;
  }

  /** The server says how old it is. */
  learn({ tag, ageMs }: LifeNotice, nowUs: number): void {
    this.hear(tag);
    this.sinceUs = Math.min(this.sinceUs, nowUs - ageMs * 1000);
  }
}

/** Those of all servers that a client talks to, by endpoint. */
export class ServerLives {
  readonly #lives = new Map<string | undefined, ServerLife>();

  of(endpoint: string | undefined): ServerLife {
    let life = this.#lives.get(endpoint);
    if (life === undefined) this.#lives.set(endpoint, (life = new ServerLife()));
    return life;
  }
}
