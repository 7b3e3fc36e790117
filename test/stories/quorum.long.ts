// Every set of fewer people than must agree, up to five of them and the entry's author among them, over HTTP to the packaged functions: none reaches accept.

import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, pathOf, type Api } from "../../cli/client.ts";
import { Failure } from "../../cli/failure.ts";
import { linkExpiry, linkToken } from "../../lib/web/links.ts";
import type { Instant } from "../../lib/ids.ts";
import { post } from "../faults/letters.ts";
import { openWorld, type Offered, type World } from "../faults/world.ts";
import { signAs } from "./operator.ts";
import { casesOf, counts, type Case } from "./quorums.ts";

const management = "999999999999";
const provider = "111111111111";
const names = ["ann", "bob", "cem", "dee", "eve"];
const nameless = (name: string): string => `${name}-by-mail`;
const roleOf = (name: string): string => `arn:aws:iam::${provider}:role/${name}`;

let world: World;
let service: Offered;
let root: string;
let keys: string[];
const api = new Map<string, Api>();
const as = (name: string): Api =>
  api.get(name) ??
  (() => {
    throw new Error(`${name} has no keys`);
  })();

/** A client with the session of a role, whose credentials are found once and kept. */
async function client(name: string): Promise<Api> {
  const input = { RoleArn: roleOf(name), RoleSessionName: name };
  const { Credentials } = await world.aws("sts", "AssumeRole", input);
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials as Record<string, string>;
  signAs({ accessKeyId: AccessKeyId ?? "", secretAccessKey: SecretAccessKey ?? "", sessionToken: SessionToken ?? "" });
  const made = connect({ address: world.local.api, env: { AWS_REGION: world.local.region } });
  await made.get("/services");
  return made;
}

beforeAll(async () => {
  world = await openWorld({ parameters: { OrganizationsRoleArn: `arn:aws:iam::${management}:role/reads-accounts` } });
  await world.aws("organizations", "CreateOrganization", {}, management);
  const { Roots } = (await world.aws("organizations", "ListRoots", {}, management)) as { Roots: { Id: string }[] };
  root = Roots[0]?.Id ?? "";
  service = await world.offer();
  await world.drawbridge("services", "add", service.id, "--no-names", "--yes");
  for (const name of names) {
    await world.drawbridge("approvers", "add", name, "--arn", roleOf(name), "--slack", `U0${name.toUpperCase()}0000`);
    await world.drawbridge("approvers", "add", nameless(name), "--slack", `U0${name.toUpperCase()}0001`);
  }
  for (const name of [...names, "olga"]) api.set(name, await client(name));
  const { SecretString } = await world.aws("secretsmanager", "GetSecretValue", { SecretId: world.idOf("LinkKeySecret") });
  keys = [String(SecretString)];
});
afterAll(() => world.local.close());

const who = ({ ways }: Case, person: number): string =>
  ways[person] === "nameless" ? nameless(names[person] ?? "") : (names[person] ?? "");
const askingOf = (one: Case): object => ({
  approvers: one.ways.map((_, person) => who(one, person)),
  quorum: one.quorum,
  // The lighter proof: nothing but how many agree stands between a link and a decision.
  emailProof: "link",
});

let accounts = 500_000_000_000;
const newAccount = (): string => String((accounts += 1));

/** Writes what bears on the account, as its author. */
async function write(one: Case, account: string): Promise<void> {
  if (one.about === "nothing") return;
  const principal = one.about === "account" ? account : await unitWith(account);
  const put = [{ service: service.id, principal, verdict: "ask", asking: askingOf(one) }];
  const { items } = await as(names[one.author ?? 0] ?? "").post<{ items: { done: string }[] }>("/entries/batch", { put });
  expect(items).toMatchObject([{ done: "added" }]);
}

async function unitWith(account: string): Promise<string> {
  const made = await world.aws("organizations", "CreateOrganizationalUnit", { ParentId: root, Name: account }, management);
  const { Id } = made["OrganizationalUnit"] as { Id: string };
  await world.aws("organizations", "MoveAccount", { AccountId: account, SourceParentId: root, DestinationParentId: Id }, management);
  return Id;
}

interface Open {
  readonly one: Case;
  readonly account: string;
  readonly endpoint: string;
  /** Which the links are bound to. */
  readonly question: string;
}

/** Agrees as this person does, and gives whether it was taken. */
async function agree({ one, account, endpoint, question }: Open, person: number): Promise<boolean> {
  if (one.ways[person] === "command") {
    const done = as(names[person] ?? "").post(pathOf("connections", endpoint, "approve"), {});
    return done.then(
      () => true,
      (error: unknown) => {
        if (error instanceof Failure && error.code === "NotAnApprover") return false;
        throw error;
      },
    );
  }
  const now = new Date().toISOString() as Instant;
  const bound = {
    question,
    endpoint: endpoint as never,
    approver: who(one, person),
    expires: linkExpiry(now),
  };
  const link = new URL(`/a/${linkToken(keys, bound)}`, world.local.api).href;
  const guard = /name="guard" value="([^"]+)"/.exec(await (await fetch(link)).text())?.[1] ?? "";
  const reply = await post(link, [
    ["guard", guard],
    ["choice", "approve"],
    ["confirm", account.slice(-4)],
  ]);
  return reply.redirected;
}

const told = ({ one, endpoint }: Open, so: readonly number[]): string =>
  `${endpoint}: ${String(one.quorum)} of ${one.ways.join(", ")}; entry for ${one.about} by ${String(one.author ?? "nobody")}; answered: ${so.join(", ")}`;

/** Everybody answers in turn, and twice; only when enough have agreed whose answer counts is it accepted. */
async function play(open: Open): Promise<boolean> {
  const { one, endpoint } = open;
  const agreed: number[] = [];
  const so: number[] = [];
  // Who is no approver of it cannot decide alone by the command, where several have to agree.
  if (one.quorum > 1)
    await expect(as("olga").post(pathOf("connections", endpoint, "approve"), {})).rejects.toMatchObject({ code: "NotAnApprover" });
  for (const person of one.order) {
    const may = counts(one, person);
    expect(await agree(open, person), told(open, so)).toBe(may);
    so.push(person);
    if (may) agreed.push(person);
    const enough = agreed.length >= one.quorum;
    const status = await world.statusOf(endpoint);
    if (enough) expect(["approved", "connected"], told(open, so)).toContain(status);
    else expect(status, told(open, so)).toBe("asking");
    if (enough) return true;
    // Who answers twice is one person all the same.
    if (may && agreed.length === 1) {
      await agree(open, person);
      expect(await world.statusOf(endpoint), told(open, so)).toBe("asking");
    }
  }
  return false;
}

const casesAtOnce = 2;

test.each([5, 4, 3, 2, 1])("%i people", { timeout: 7_200_000 }, async (people) => {
  let [sets, accepts] = [0, 0];
  for (const cases of Map.groupBy(casesOf(people), ({ quorum }) => quorum).values()) {
    const plain = cases.find(({ about }) => about === "nothing");
    if (plain !== undefined) await as("olga").patch(pathOf("services", service.id), { asking: askingOf(plain) });
    const made: Omit<Open, "question">[] = [];
    for (const one of cases) {
      const account = newAccount();
      await write(one, account);
      made.push({ one, account, endpoint: await world.connect(account, service) });
    }
    const opened: Open[] = [];
    for (const one of made) {
      await world.becomes(one.endpoint, "asking");
      const asked = (await world.history(one.endpoint)).find(({ type }) => type === "ApprovalRequested");
      opened.push({ ...one, question: String(asked?.["question"]) });
    }
    const queue = [...opened];
    const accepted: string[] = [];
    const lane = async (): Promise<void> => {
      for (let open = queue.shift(); open !== undefined; open = queue.shift()) {
        sets += open.one.order.length;
        if (await play(open)) accepted.push(open.endpoint);
      }
    };
    await Promise.all(Array.from({ length: casesAtOnce }, lane));
    await world.local.idle();
    for (const { endpoint, ...open } of opened) {
      expect(world.local.acceptsOf(endpoint), told({ ...open, endpoint }, open.one.order)).toBe(accepted.includes(endpoint) ? 1 : 0);
      if (!accepted.includes(endpoint)) await as("olga").post(pathOf("connections", endpoint, "reject"), {});
    }
    accepts += accepted.length;
  }
  expect(sets).toBeGreaterThan(people === 1 ? 1 : 5 * people);
  expect(accepts).toBeGreaterThan(0);
});
