/**
 * A server that keeps what it has executed in its process, where a restart finds nothing.
 *
 * Right as long as it runs. A message that was executed, and whose reply the restart has taken, is
 * executed again when it is sent again.
 */
import { createReplyMemory, createServerCore } from "@faultline/server";
import type { CreateParts } from "./parts.ts";

const createParts: CreateParts = () => ({
  createServerCore: (options) => createServerCore({ ...options, memory: createReplyMemory() }),
});
export default createParts;

/** The same with a memory that outlives the process, as a disk would. */
export const sound: CreateParts = () => {
  const disk = createReplyMemory();
  return { createServerCore: (options) => createServerCore({ ...options, memory: disk }) };
};
