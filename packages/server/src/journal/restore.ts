/**
 * Puts what a journal says into an empty memory and a fresh responder.
 *
 * Records are told in the order in which they were written, so the rings end as they were. Times are
 * those of the wall: how long the server was down counts towards the lifetime of its replies.
 */
import type { Life } from "../core/life.ts";
import type { Responder } from "../core/responder.ts";
import type { SessionTable } from "../core/session-table.ts";
import type { JournalRecord, LifeMark } from "./record.ts";

/** What is filled. */
export interface RestoreTarget {
  readonly table: SessionTable;
  readonly responder: Responder;
  /** What the core's clock counts from, in µs since 1970. */
  readonly epochUs: number;
}

/** Takes records; at the end `finish` says what there was. */
export class Restoring {
  readonly #target: RestoreTarget;
  /** Marks that are equal are one, so that sessions share them. */
  readonly #lives = new Map<string, Life>();
  #state: Uint8Array | undefined;
  operations = 0;

  constructor(target: RestoreTarget) {
    this.#target = target;
  }

  take(record: JournalRecord): void {
    const { epochUs, table } = this.#target;
    switch (record.kind) {
      case "life":
        table.restoreLife({ ...record.life, sinceUs: record.sinceUs - epochUs });
        return;
      case "state":
        this.#state = record.state.slice();
        return;
      case "floor": {
        const { session: id, operation, atUs } = record;
        const floor = { id, operation, life: this.#lifeOf(record.life), usedUs: atUs - epochUs };
        table.keepFloor(floor);
        return;
      }
      case "operation": {
        const { session: id, atUs } = record;
        const life = this.#lifeOf(record.life);
        table.restoreOperation({ ...record, id, life, usedUs: atUs - epochUs });
        if (record.state.length > 0) this.#state = record.state.slice();
        this.operations++;
        return;
      }
      default:
        record satisfies never;
    }
  }

  /** Everything has been told. */
  finish(): void {
    if (this.#state !== undefined) this.#target.responder.state?.add(this.#state);
  }

  #lifeOf({ tag, past }: LifeMark): Life {
    const key = `${tag} ${past}`;
    let life = this.#lives.get(key);
    if (life === undefined) this.#lives.set(key, (life = { tag, past, sinceUs: 0 }));
    return life;
  }
}
