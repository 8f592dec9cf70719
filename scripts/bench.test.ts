/** The benchmarks by name: what others call with `--only`. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const NODE = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const BENCH = fileURLToPath(new URL("./bench/main.ts", import.meta.url));

test("every benchmark can be asked for by its name", async () => {
  const { stdout } = await promisify(execFile)(NODE, [BENCH, "--list"]);
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  ).toEqual([
    "tcp-1",
    "udp-1",
    "tcp-256",
    "sealed-1",
    "sealed-udp-1",
    "capture-256",
    "tls-1",
    "codec-64",
    "idle-connections",
    "memory-1m",
    "siege-p99",
    "siege-memory",
    "siege-tls-p99",
    "siege-tls-memory",
    "simulated-events",
    "simulated-exchanges",
    "simulated-time",
    "simulated-growth",
    "simulated-memory",
  ]);
});

test("a name that no benchmark has is refused, with those there are", async () => {
  const asked = promisify(execFile)(NODE, [BENCH, "--only", "simulated"]);
  await expect(asked).rejects.toMatchObject({
    code: 3,
    stderr: expect.stringContaining("simulated-exchanges"),
  });
});
