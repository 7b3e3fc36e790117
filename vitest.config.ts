// Which files are tests, and how their result is told. The slow ones (`*.long.ts`) run with `npm run test:long`.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const together = ["asking", "audit", "bench", "cli", "domain", "fakes", "loop", "operator", "simulation", "slack", "upgrade"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    reporters: ["./scripts/test-summary.ts"],
    // A test waits for what it wants to see; these only end what would never come, on a slow machine too.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Many tests wait for local AWS more than they compute.
    maxWorkers: Math.max(4, availableParallelism()),
    projects: [
      { extends: true, test: { name: "short", include: ["test/**/*.test.ts"], exclude: together } },
      // What computes and leaves nothing behind: its files share their processes, and what they import is loaded once.
      { extends: true, test: { name: "short-together", include: together, isolate: false } },
      {
        extends: true,
        test: { name: "long", include: ["test/**/*.long.ts"], testTimeout: 600_000 },
      },
    ],
  },
});
