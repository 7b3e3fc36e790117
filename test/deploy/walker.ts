// Who walks docs/deploy.md: the page's blocks one after the other, an account, a deployer and an operator with the rights that the
// page gives them, and what they look at on the way.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

import type { Question } from "../../local/authorize.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import type { World } from "../../scripts/actors.ts";
import type { Packaged } from "../../scripts/deploy/packaged.ts";
import { recorder } from "../rights/needed.ts";
import { blocksOf, type Block } from "./document.ts";
import { account, emptyAccount, nextVersion, region, thisVersion, until, type NextVersion } from "./place.ts";
import { runLine, valueIn, type Keys, type Said, type Shell } from "./shell.ts";

export type Members = Readonly<Record<string, unknown>>;

export const acme = "222222222222";
export const stranger = "333333333333";
const root: Keys = { accessKeyId: account, secretAccessKey: "local" };
export const roles = { deployer: "drawbridge-deployer", operator: "drawbridge-operator" } as const;

/** `npx drawbridge show --json`, as far as it is looked at. */
interface Shown {
  readonly connection: { readonly status: string; readonly names: readonly { readonly fqdn: string; readonly made: boolean }[] };
  readonly history: readonly { readonly event: { readonly type: string; readonly at: string } }[];
}

export interface Walker {
  readonly local: LocalAws;
  readonly shell: Shell;
  readonly first: Packaged;
  readonly next: NextVersion;
  /** The next block of the page, which must be this one: the test goes through the page as a reader does. */
  readonly block: (name: string) => Block;
  /** The blocks that nobody has come to yet. */
  readonly ahead: () => readonly string[];
  readonly service: () => string;
  /** The physical id of one of the stack's resources; empty when it has no such one. */
  readonly idOf: (resource: string) => string;
  /** Makes an endpoint in a consumer's account. */
  readonly connect: (as: string) => Promise<string>;
  readonly shown: (endpoint: string) => Promise<Shown | undefined>;
  readonly becomes: (endpoint: string, status: string) => Promise<Shown>;
  /** Follows the links in the mails by which AWS asks for consent. */
  readonly confirmSubscriptions: () => Promise<void>;
  /** Keys of a role's session. */
  readonly as: (role: string) => Promise<Keys>;
  /** Keys with the rights of a managed policy of the stack, as a role to which it is attached has them. */
  readonly withPolicyOf: (resource: string) => Keys;
  /** What IAM was asked about the deployer by now. */
  readonly deployers: () => readonly Question[];
  readonly close: () => Promise<void>;
  /** What one step of the walk leaves for another. */
  readonly left: {
    readonly world: World;
    link: string;
    asking: string;
    /** What each uninstall kept, as it printed it. */
    readonly kept: string[];
  };
}

export async function walker(): Promise<Walker> {
  const record = recorder("deploy");
  const config = join(tmpdir(), `drawbridge.config.${String(process.pid)}.yml`);
  const [page, local, first] = await Promise.all([blocksOf("docs/deploy.md"), emptyAccount({ onDemand: record.onDemand }), thisVersion()]);
  const blocks = [...page];
  const next = nextVersion(first);
  const shell: Shell = {
    local,
    config,
    deployer: root,
    operator: root,
    files: new Map(),
    variables: {
      ZONE: local.zoneId,
      // The policy is the stack's, and another stack's is another.
      OPERATOR_POLICY: () => local.outputs["OperatorPolicyArn"] ?? "",
      ON_CALL_POLICY: () => local.outputs["OnCallPolicyArn"] ?? "",
    },
    packaged: () => Promise.resolve(first),
  };
  const service = (): string => valueIn(shell, "SERVICE");
  const shown = async (endpoint: string): Promise<Shown | undefined> => {
    const { code, text } = await runLine(shell, `npx drawbridge show ${endpoint} --json`);
    return code === 0 ? (JSON.parse(text) as Shown) : undefined;
  };
  return {
    local,
    shell,
    first,
    next,
    service,
    shown,
    block(name) {
      const now = blocks.shift();
      if (now?.name !== name) throw new Error(`The page's next block is ${now?.name ?? "missing"}, not ${name}`);
      return now;
    },
    ahead: () => blocks.map(({ name }) => name),
    idOf: (resource) => local.stack.resources.find(({ logicalId }) => logicalId === resource)?.physicalId ?? "",
    async connect(as) {
      const made = await local.call(
        "ec2",
        "CreateVpcEndpoint",
        { VpcEndpointType: "Interface", VpcId: "vpc-0b0b0b0b0b0b0b0b0", ServiceName: `com.amazonaws.vpce.${region}.${service()}` },
        as,
      );
      return String((made["VpcEndpoint"] as Members)["VpcEndpointId"]);
    },
    becomes: (endpoint, status) =>
      until(`${endpoint} ${status}`, async () => {
        const now = await shown(endpoint);
        return now?.connection.status === status ? now : undefined;
      }),
    async confirmSubscriptions() {
      for (const { subject, text } of local.letters)
        if (subject.includes("Subscription Confirmation")) await fetch(/https?:\S+\/confirm\S+/.exec(text)?.[0] ?? "");
    },
    async as(role) {
      const RoleArn = `arn:aws:iam::${account}:role/${role}`;
      const { Credentials } = await local.call("sts", "AssumeRole", { RoleArn, RoleSessionName: "walk" });
      const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials as Readonly<Record<string, string>>;
      return {
        accessKeyId: AccessKeyId ?? "",
        secretAccessKey: SecretAccessKey ?? "",
        ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
      };
    },
    withPolicyOf(resource) {
      const declared = local.stack.resources.find(({ logicalId }) => logicalId === resource)?.declared;
      const policies = [{ name: resource, document: declared?.properties["PolicyDocument"] }];
      return local.issue({ arn: `arn:aws:iam::${account}:role/${resource}`, name: resource, policies }, "walk");
    },
    deployers: () =>
      record.asked().flatMap(({ question }) => (question.role?.endsWith(`:role/${roles.deployer}`) === true ? [question] : [])),
    async close() {
      await local.close();
      next.remove();
      rmSync(config, { force: true });
    },
    left: { world: { aws: local.aws, api: local.api, inbox: local.inbox, region }, link: "", asking: "", kept: [] },
  };
}

const textOf = (said: readonly Said[]): string => said.map(({ text }) => text).join("\n");

/** The list with which the next stack is made around what is there. */
export function keptIn(said: readonly Said[]): string {
  const found = /npm run deploy -- --kept (\S+)/.exec(textOf(said))?.[1];
  expect(found, textOf(said)).toBeDefined();
  return found ?? "";
}

export const idsIn = (list: string): Readonly<Record<string, string>> =>
  Object.fromEntries(list.split(",").map((pair) => pair.split("=") as [string, string]));
