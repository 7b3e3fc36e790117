// A command inside a VPC, as `npm run local` runs it. The whole walkthrough: `walkthrough.long.ts`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { CONSUMER, twoVpcs, WELCOME } from "../local/two-vpcs.fixture.ts";
import { run, type Ended } from "./script-run.ts";

test("a command inside a VPC ends as it would there, and says why when it fails", async () => {
  const world = await twoVpcs();
  const nowhere = mkdtempSync(join(tmpdir(), "no-curl-"));
  try {
    const env = { AWS_ENDPOINT_URL: world.local.aws };
    const enter = (...words: readonly string[]): Promise<Ended> => run(["local/enter.ts", ...words], env);
    const page = "fetch('http://payments.internal').then(async (r) => process.stdout.write(await r.text()), () => process.exit(9))";
    const early = await enter("exec", "vpc-b", "--", process.execPath, "-e", page);
    expect(early).toMatchObject({ code: 9, err: expect.stringContaining("payments.internal:80: name not found") });
    await world.accept();
    // Tools that know only http_proxy get through too, and the VPC may stand for itself without its second `--`.
    expect(await enter("exec", "vpc-b", process.execPath, "-e", page)).toEqual({ code: 0, out: WELCOME, err: "" });
    expect(await enter("nslookup", "vpc-b", "payments.internal")).toMatchObject({ code: 0, out: expect.stringContaining("10.1.0.") });
    expect((await enter("vpcs")).out).toContain(`vpc-b        ${CONSUMER}  10.1.0.0/16`);
    expect(await enter("exec", "vpc-c", "--", "true")).toMatchObject({ code: 1, err: expect.stringContaining("There are: vpc-a, vpc-b.") });
    expect(await enter("exec", "vpc-b")).toMatchObject({ code: 2 });
    // Where there is no curl, one that says so takes its place.
    const bare = await run(["local/enter.ts", "exec", "vpc-b", "--", "curl", "http://payments.internal"], { ...env, PATH: nowhere });
    expect(bare).toMatchObject({ code: 0, out: WELCOME, err: expect.stringContaining("curl is not on this machine") });
  } finally {
    rmSync(nowhere, { recursive: true });
    await world.local.close();
  }
});
