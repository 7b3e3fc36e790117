// The policy through the packaged functions on local AWS, each with its own role: limits, freezes, revocation, organizations, permissions.

import { afterAll, beforeAll, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { consumer, provider } from "../../scripts/actors.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { insisting, operator, until } from "./operator.ts";

const accounts = {
  provider: "111111111111",
  acme: "222222222222",
  globex: "333333333333",
  partner: "444444444444",
  management: "999999999999",
};
const zoneName = "privatelink.example.com";

interface Shown {
  readonly connection: {
    readonly status: string;
    readonly names: readonly unknown[];
    readonly question?: { readonly because: { readonly rule: string } };
  };
  readonly history: readonly { readonly event: { readonly type: string; readonly because: { readonly rule: string } } }[];
}

let local: LocalAws;
let unit: string;

const command = async (...words: string[]): Promise<unknown> =>
  JSON.parse(await insisting(operator(local, accounts.provider))(...words, "--json"));

const reaches = (endpoint: string, status: string): Promise<Shown> =>
  until(async () => {
    const shown = (await command("show", endpoint).catch(() => undefined)) as Shown | undefined;
    return shown?.connection.status === status ? shown : undefined;
  });
const sweep = () => local.invoke("SweepLambdaFunction", {});

/** A service of this test alone. */
async function service(...names: string[]): Promise<{ id: string; name: string }> {
  const made = await provider(local, accounts.provider).createService(
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188",
  );
  await command("services", "add", made.id, "--yes", ...(names.length === 0 ? ["--no-names"] : names));
  return made;
}

beforeAll(async () => {
  await ensurePackaged();
  local = await startLocalAws({
    port: 0,
    zoneName,
    parameters: { OrganizationsRoleArn: `arn:aws:iam::${accounts.management}:role/reads-accounts` },
    delays: { available: 100 },
  });
  const organizations = (action: string, input: Record<string, string>) => local.call("organizations", action, input, accounts.management);
  await organizations("CreateOrganization", {});
  const { Roots } = (await organizations("ListRoots", {})) as { Roots: readonly { readonly Id: string }[] };
  const root = Roots[0]?.Id ?? "";
  const made = (await organizations("CreateOrganizationalUnit", { ParentId: root, Name: "partners" })) as {
    OrganizationalUnit: { readonly Id: string };
  };
  unit = made.OrganizationalUnit.Id;
  await organizations("MoveAccount", { AccountId: accounts.partner, SourceParentId: root, DestinationParentId: unit });
});

afterAll(() => local.close());

test("a limit: the second is asked about, and gets in when the first is gone", async () => {
  const { id, name } = await service();
  await command("allow", accounts.acme, "--service", id, "--at-most", "1");
  const acme = consumer(local, accounts.acme);
  const first = await acme.connect(name);
  await reaches(first, "connected");
  const second = await acme.connect(name);
  const asked = await reaches(second, "asking");
  expect(asked.connection.question?.because.rule).toBe("condition");
  await acme.disconnect(first);
  await reaches(first, "closed");
  await sweep();
  await reaches(second, "connected");
});

test("an operator's reject gives the place back, too", async () => {
  const { id, name } = await service();
  await command("allow", accounts.acme, "--service", id, "--at-most", "1");
  const first = await consumer(local, accounts.acme).connect(name);
  await reaches(first, "connected");
  await command("reject", first, "--yes");
  await reaches(first, "rejected");
  const next = await reaches(await consumer(local, accounts.acme).connect(name), "connected");
  expect(next.history.map(({ event }) => event.type)).not.toContain("ApprovalRequested");
});

test("a freeze asks; lifted, who waits gets in", async () => {
  const { id, name } = await service();
  await command("allow", accounts.acme, "--service", id);
  await command("freeze", id, "--reason", "incident 42", "--yes");
  const endpoint = await consumer(local, accounts.acme).connect(name);
  const asked = await reaches(endpoint, "asking");
  expect(asked.connection.question?.because.rule).toBe("frozen");
  await command("unfreeze", id, "--yes");
  await reaches(endpoint, "connected");
});

test("a removal that cuts: the connection is rejected at AWS, and its name is gone", async () => {
  const { id, name } = await service("--zone", zoneName);
  await command("allow", accounts.acme, "--service", id, "--name", "acme");
  const endpoint = await consumer(local, accounts.acme).connect(name);
  await until(async () =>
    ((await command("show", endpoint).catch(() => undefined)) as Shown | undefined)?.history.some(({ event }) => event.type === "NameMade"),
  );
  await command("remove", accounts.acme, "--service", id, "--disconnect", "now", "--yes");
  const cut = await reaches(endpoint, "rejected");
  expect(cut.history.find(({ event }) => event.type === "ConnectionDenied")?.event.because.rule).toBe("entry-removed");
  await until(async () => (await provider(local, accounts.provider).recordsAt(local.zoneId, `acme.${zoneName}`)).length === 0);
});

test("an entry for a unit lets its accounts in, and nobody else", async () => {
  const { id, name } = await service();
  await command("allow", unit, "--service", id, "--yes");
  const member = await consumer(local, accounts.partner).connect(name);
  const stranger = await consumer(local, accounts.globex).connect(name);
  await reaches(member, "connected");
  const asked = await reaches(stranger, "asking");
  expect(asked.connection.question?.because.rule).toBe("no-entry");
  const { items } = (await command("explain", member)) as { items: readonly { readonly explanation: { readonly headline: string } }[] };
  expect(items[0]?.explanation.headline).toContain(unit);
});

test("the endpoint service's permissions follow the list", async () => {
  const { id } = await service();
  await command("allow", accounts.acme, "--service", id);
  await command("services", "set", id, "--permissions", "follow", "--yes");
  const allowed = async (): Promise<string[]> => {
    const reply = await local.call("ec2", "DescribeVpcEndpointServicePermissions", { ServiceId: id });
    return (reply["AllowedPrincipals"] as readonly { readonly Principal: string }[]).map(({ Principal }) => Principal);
  };
  const before = await allowed();
  await sweep();
  expect(await allowed()).toContain(`arn:aws:iam::${accounts.acme}:root`);
  const { problems } = (await command("services", "show", id)) as { problems: readonly { readonly message: string }[] };
  expect(problems.filter(({ message }) => message.includes(accounts.acme))).toEqual([]);
  await command("remove", accounts.acme, "--service", id, "--yes");
  await sweep();
  expect((await allowed()).filter((principal) => !before.includes(principal))).toEqual([]);
});
