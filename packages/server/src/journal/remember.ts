/**
 * What a worker remembers by: a journal where it has one, else a memory that goes with it.
 *
 * A journal that cannot be read is no crash but an answer: the server refuses to start with it.
 */
import type { Clock } from "@faultline/protocol";
import type { ListenRefusal, WorkerSetup } from "../command.ts";
import { createResponder, type Responder } from "../core/responder.ts";
import { createReplyMemory, type ReplyMemory } from "../core/session-table.ts";
import { ServerError } from "../error.ts";
import type { ServerEventBody } from "../event.ts";
import type { CoreStats } from "../stats.ts";
import { openJournal } from "./open.ts";

/** What a worker begins with. */
export interface Remembered {
  readonly memory: ReplyMemory;
  readonly responder: Responder;
  /** To be told, where a journal held anything. */
  readonly recovered?: ServerEventBody;
  /** Why there can be no start. */
  readonly refused?: ListenRefusal;
}

/** Opens the worker's journal, if it has one. */
export function remember(setup: WorkerSetup, clock: Clock): Remembered {
  const { durability, epochUs, index, journals, limits } = setup;
  const responder = createResponder(setup.responder);
  const life = { ...setup.life, sinceUs: clock.nowUs() };
  const path = journals?.[index];
  if (path === undefined) return { memory: createReplyMemory(limits, life), responder };
  try {
    const parts = { limits, life, responder, epochUs };
    const { memory, operations, bytesCut } = openJournal({ path, durability }, parts);
    if (operations === 0 && bytesCut === 0) return { memory, responder };
    const { size: sessions } = memory;
    return {
      memory,
      responder,
      recovered: { event: "recovered", sessions, operations, bytesCut },
    };
  } catch (error) {
    const refused = refusalOf(path, error);
    return { memory: createReplyMemory(limits, life), responder, refused };
  }
}

/** The last counts of a worker that crashed; what a journal has of them, the next one counts on from. */
export function leftBehind({ journals }: WorkerSetup, stats: CoreStats): CoreStats {
  return journals === null ? stats : { ...stats, counter: 0 };
}

function refusalOf(path: string, error: unknown): ListenRefusal {
  if (error instanceof ServerError) return { code: error.code, message: error.message };
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "data-failed", message: `Cannot use the journal "${path}": ${detail}` };
}
