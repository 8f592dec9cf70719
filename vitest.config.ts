import { defineConfig } from "vitest/config";

/** For every package; `pnpm --filter PACKAGE test` narrows it to a folder. */
export default defineConfig({
  test: {
    include: [
      "{packages,apps}/*/test/**/*.test.ts",
      "examples/test/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    pool: "forks",
    // Half of the tests wait for sockets and timers: two at once keep one core busy.
    maxWorkers: 2,
    maxConcurrency: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: ["packages/{protocol,faults,simulation}/src/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { branches: 95 },
    },
  },
});
