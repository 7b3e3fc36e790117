// docs/walkthrough.md by hand on local AWS: its own commands, in its own order, with the real `aws` command where it is installed.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(new URL("../../docs/walkthrough.md", import.meta.url), "utf8");
const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = ""]) => block);
const isInstalled = spawnSync("aws", ["--version"]).status === 0;

/** The only block with these words; a command of the page that is not in a block stands in it between back quotes. */
function block(words: string): string {
  const found = blocks.filter((one) => one.includes(words) && !one.startsWith("# real AWS"));
  if (found.length !== 1) throw new Error(`${String(found.length)} blocks of the page have ${words}`);
  return found[0] ?? "";
}
function inline(command: string): string {
  if (!text.includes(`\`${command}\``)) throw new Error(`the page does not say ${command}`);
  return `${command}\n`;
}

describe.skipIf(!isInstalled)("the page's commands (skipped where there is no aws command)", () => {
  let local: LocalAws;
  beforeAll(async () => {
    local = await startLocalAws({ parameters: { ApproverEmail: "approvers@payments.example" } });
  });
  afterAll(async () => await local.close());

  function play(script: string): Promise<{ code: number | null; out: string }> {
    const [settings = ""] = block("# local AWS only").split("# real AWS");
    const here = settings.replaceAll("http://127.0.0.1:4566", local.aws).replaceAll("http://127.0.0.1:4567", local.api);
    // What npm would find, without npm's own time to start.
    const shell = `npx() { shift; node cli/drawbridge.ts "$@"; }\nnpm() { shift 3; node local/enter.ts "$@"; }\nset -o pipefail\n`;
    const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
    const env = { ...process.env, PATH: path, AWS_PAGER: "", NO_COLOR: "1" };
    const child = spawn("bash", ["-c", `${shell}${here}\n${script}`], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (out += chunk.toString()));
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, out })));
  }

  test("lead from two empty accounts to the welcome line and back", async () => {
    const waits = {
      question: "until as_provider npx drawbridge pending | grep -q $endpoint; do sleep 0.3; done\n",
      available: `until as_consumer aws ec2 describe-vpc-endpoints --vpc-endpoint-ids $endpoint --query 'VpcEndpoints[0].State' --output text | grep -q available; do sleep 0.3; done\n`,
    };
    const exec = "npm run local -- exec vpc-b --";
    const { code, out } = await play(
      [
        "set -e\n",
        block("describe-availability-zones"),
        block("--template-file infra/provider.yml"),
        block("services add"),
        block("--template-file infra/consumer.yml"),
        `echo EARLY; ! ${inline("npm run local -- exec vpc-b -- curl http://$name")}`,
        `! ${block("as_consumer npx drawbridge verify $endpoint --name payments.internal")}`,
        waits.question,
        block("drawbridge approve"),
        waits.available,
        "echo LATER\n",
        inline(`${exec} curl http://$name`),
        inline(`${exec} curl http://payments.internal`),
        inline("as_provider npx drawbridge verify $endpoint"),
        "echo DOWN\n",
        block("wait stack-delete-complete"),
        "as_provider aws cloudformation wait stack-delete-complete --stack-name walkthrough-provider\necho GONE\n",
      ].join(""),
    );
    const [before = "", after = ""] = out.split("LATER\n");
    expect(before).toMatch(/EARLY[^]*name not found[^]*failed +acceptance: pendingAcceptance/);
    expect(before).not.toContain("not readable");
    expect(after.match(/^Welcome to PrivateLink Demo from VPC-A$/gm)).toHaveLength(2);
    expect(out).toMatch(/ok +metrics of the load balancer[^]*DOWN[^]*GONE\n$/);
    expect(code).toBe(0);
  });
});
