// Which files are tests, and how their result is told. The slow ones (`*.long.ts`) run with `npm run test:long`.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Those of the short ones that only sample: `npm run test:long` runs them with all their volume (`test/volume.ts`). */
const sampled = [
  "asking/answer",
  "asking/robots",
  "audit/verification",
  "aws/audit-search",
  "build/errors",
  "build/sizes",
  "cli/crowd",
  "cli/forged-bundles",
  "cli/large-policy",
  "cli/policy-schema",
  "contracts/tables",
  "deploy/interruptions",
  "domain/asking",
  "domain/policy-properties",
  "loop/policy",
  "operator/explain",
  "operator/outlook",
  "stories/approvals",
  "stories/audit",
  "web/links",
].map((file) => `test/${file}.test.ts`);

/** What waits longest begins first, whether or not an earlier run has left its times: rights, then whatever has a stack of its own. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const first = ["rights/rights.", "stories/", "faults/", "deploy/", "simulation/", "rights/", "smoke/", "aws/", "local/"];
    const place = ({ moduleId }: TestSpecification): number => {
      const found = first.findIndex((part) => moduleId.includes(`/test/${part}`));
      return found === -1 ? first.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

// What Node compiled of the SDK is kept for the next process.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ["./scripts/test-summary.ts"],
    // A test waits for what it wants to see; these only end what would never come, on a slow machine too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Many tests wait for local AWS more than they compute.
    maxWorkers: Math.max(4, availableParallelism()),
    // It imports its own files without their extensions, which Node does not take.
    server: { deps: { inline: ["dt-sql-parser"] } },
    projects: [
      // Files share their processes, and what they import is loaded once: each leaves nothing behind.
      { extends: true, test: { name: "short", include: ["test/**/*.test.ts"], isolate: false } },
      {
        extends: true,
        test: { name: "long", include: ["test/**/*.long.ts", ...sampled], testTimeout: 600_000, env: { DRAWBRIDGE_VOLUME: "whole" } },
      },
    ],
  },
});
