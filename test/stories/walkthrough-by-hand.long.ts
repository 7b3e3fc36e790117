// docs/walkthrough.md by hand on local AWS: every block that is not for real AWS alone, as it stands and in its order, with the real `aws` command.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(new URL("../../docs/walkthrough.md", import.meta.url), "utf8");
const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = ""]) => block).filter((block) => !block.startsWith("# real AWS"));
const isInstalled = spawnSync("aws", ["--version"]).status === 0;

interface Step {
  /** Words of the block; each block has its step. */
  readonly of: string;
  /** What it must come to, told by this command; the page's reader takes that time to read. */
  readonly once?: string;
  readonly says: RegExp;
  readonly saysNot?: RegExp;
  /** 0 unless told. */
  readonly ends?: number;
}

const state = (wanted: string): string =>
  `aws ec2 describe-vpc-endpoints --vpc-endpoint-ids $endpoint --query 'VpcEndpoints[0].State' --output text | grep -qx ${wanted}`;
const welcome = /^Welcome to PrivateLink Demo from VPC-A$/m;

const steps: readonly Step[] = [
  { of: "AWS_ENDPOINT_URL=", says: /^$/ },
  { of: "describe-availability-zones", says: /euw1-az1\s+euw1-az2[^]*euw1-az1\s+euw1-az2/ },
  { of: "provider_stack ConsumerAccount=", says: /stack - walkthrough-provider[^]*ConsumerCommand[^]*ServiceName/ },
  { of: "services add", says: /vpce-svc-/ },
  { of: "consumer_stack ServiceName=", says: /^endpoint vpce-\w{17}, client i-\w+, name vpce-\S+\.vpce\.amazonaws\.com$/m },
  {
    of: "in_vpc_b curl http://$name",
    says: /\(4\)[^]*name not found[^]*payments\.internal:80: name not found/,
    saysNot: welcome,
    ends: 97,
  },
  {
    of: "npx drawbridge verify $endpoint --name payments.internal\n",
    says: /failed +acceptance: pendingAcceptance: .*\n +→ the provider accepts it: drawbridge approve vpce-/,
    saysNot: /not readable/,
    ends: 1,
  },
  { of: "npx drawbridge approve", once: "as_provider npx drawbridge pending | grep -q $endpoint", says: /vpce-/ },
  { of: "--query 'VpcEndpoints[0].State'", once: `as_consumer ${state("available")}`, says: /^available$/m },
  { of: "in_vpc_b curl http://$name", says: /^Welcome to PrivateLink Demo from VPC-A$[^]*^Welcome to PrivateLink Demo from VPC-A$/m },
  {
    of: "as_provider npx drawbridge verify",
    says: /ok +metrics of the endpoint[^]*ok +metrics of the load balancer/,
    saysNot: /failed|not readable/,
  },
  { of: "exec vpc-a", says: /payments\.internal:80: name not found/, ends: 97 },
  {
    of: "revoke-security-group-ingress",
    says: /failed +security groups: sg-\w+ of the endpoint let nobody in on TCP 80\n +→ aws ec2 authorize-security-group-ingress/,
    ends: 1,
  },
  { of: "authorize-security-group-ingress", says: welcome },
  { of: "provider_stack FilterClients=on", says: /stack - walkthrough-provider[^]*\(6\)[^]*timed out/, saysNot: welcome, ends: 97 },
  {
    of: "as_provider npx drawbridge verify $endpoint\n",
    once: '[ "$(date +%M)" != "${minute=$(date +%M)}" ]',
    says: /failed +load balancer's groups: .* TCP 80 from 10\.9\.0\.0\/16 only: 2 connections were dropped .*\n +→ .*aws elbv2 set-security-groups/,
    saysNot: welcome,
    ends: 1,
  },
  { of: "provider_stack FilterClients=off", says: welcome },
  { of: "stop-instances", says: /failed +targets: 0 of 1 behind .* are healthy/, saysNot: welcome, ends: 1 },
  { of: "start-instances", says: /StartingInstances/ },
  {
    of: "EndpointZones=both",
    says: /ok +name: payments\.internal resolves to 10\.1\.\d+\.\d+, 10\.1\.\d+\.\d+, private/,
    saysNot: /failed/,
  },
  { of: "private-dns $service --name", says: /is being set, proved and verified/ },
  {
    of: "private-dns $service\n",
    once: "as_provider npx drawbridge services private-dns $service | grep -q ', verified'",
    says: /, verified/,
  },
  { of: "PrivateDns=on", says: welcome },
  { of: "drawbridge deny", says: /222222222222/ },
  {
    of: "npx drawbridge verify $endpoint\n",
    once: `as_consumer ${state("rejected")}`,
    says: /failed +acceptance: rejected: .*\n +→ ask the provider why; once that is mended: aws ec2 delete-vpc-endpoints/,
    saysNot: welcome,
    ends: 1,
  },
  { of: "wait stack-delete-complete", says: /vpce-svc-/ },
];

describe.skipIf(!isInstalled)("the page's commands (skipped where there is no aws command)", () => {
  let local: LocalAws;
  beforeAll(async () => {
    local = await startLocalAws({ zoneName: "privatelink.example.com", parameters: { ApproverEmail: "approvers@payments.example" } });
  });
  afterAll(async () => await local.close());

  /** All in one shell, as somebody would; what each block says and ends with stands behind a mark. */
  function play(script: string): Promise<string> {
    const env = { ...process.env, AWS_PAGER: "", NO_COLOR: "1" };
    const child = spawn("bash", ["-c", script], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (out += chunk.toString()));
    return new Promise((resolve) => child.on("close", () => resolve(out)));
  }

  // AWS's clocks set the pace: a minute of metrics, and some until a name is verified.
  test("lead from two empty accounts through every thing to try and back", { timeout: 1_200_000 }, async () => {
    expect(steps.map(({ of }, at) => blocks[at]?.includes(of) ?? false)).toEqual(blocks.map(() => true));
    const here = (block: string): string =>
      block.replaceAll("http://127.0.0.1:4566", local.aws).replaceAll("http://127.0.0.1:4567", local.api);
    const script = steps.map(({ once }, at) => {
      const waiting = once === undefined ? "" : `until ${once}; do sleep 0.3; done 2> /dev/null\n`;
      return `${waiting}echo "@@ begins"\n${here(blocks[at] ?? "")}\necho "@@ ends $?"\n`;
    });
    const out = await play(script.join(""));
    const said = out.split("@@ begins\n").slice(1);
    for (const [at, { of, says, saysNot, ends = 0 }] of steps.entries()) {
      const [shown = "", end = ""] = (said[at] ?? "").split("@@ ends ");
      expect(shown, of).toMatch(says);
      if (saysNot !== undefined) expect(shown, of).not.toMatch(saysNot);
      expect(Number.parseInt(end, 10), `${of}: ${shown}`).toBe(ends);
    }
    expect(said).toHaveLength(steps.length);
  });
});
