/** A program for tests that kill it: a counting server with a data folder. */
import process from "node:process";
import { startServer } from "../../src/server.ts";

const [folder, workers, port] = process.argv.slice(2);
const server = await startServer({
  responder: "counter",
  dataDir: folder!,
  workers: Number(workers),
  tcpPort: Number(port),
  udpPort: null,
});
process.stdout.write(`${server.tcp!.port}\n`);
