// Which files are tests, and how their result is told. The slow ones (`*.long.ts`) run with `npm run test:long`.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["./scripts/test-summary.ts"],
    // A test waits for what it wants to see; these only end what would never come, on a slow machine too.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    // Many tests wait for local AWS more than they compute.
    maxWorkers: Math.max(4, availableParallelism()),
    projects: [
      { extends: true, test: { name: "short", include: ["test/**/*.test.ts"] } },
      {
        extends: true,
        test: { name: "long", include: ["test/**/*.long.ts"], testTimeout: 600_000 },
      },
    ],
  },
});
