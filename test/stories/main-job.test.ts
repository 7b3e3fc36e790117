// The main job through the packaged functions on local AWS, over the wire: what the demo tells, checked in detail.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { approver, consumer, operator as spawned, provider } from "../../scripts/actors.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { operator, until } from "./operator.ts";

const accounts = { provider: "111111111111", acme: "222222222222", unknown: "333333333333", barred: "444444444444" };
const zoneName = "privatelink.example.com";

interface Event {
  readonly type: string;
  readonly by: { readonly kind: string };
  readonly because: { readonly rule: string };
  readonly source?: { readonly kind: string; readonly raw?: string };
  readonly entry?: { readonly version: number };
}
interface Shown {
  readonly connection: { readonly status: string; readonly names: readonly { readonly fqdn: string }[] };
  readonly history: readonly { readonly seq: number; readonly event: Event }[];
}

let local: LocalAws;
let service: { id: string; name: string };

const command = (...words: string[]) => operator(local, accounts.provider)(...words, "--json");
const show = async (endpoint: string): Promise<Shown> => {
  const { code, stdout, stderr } = await command("show", endpoint);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Shown;
};

const reaches = (endpoint: string, status: string): Promise<Shown> =>
  until(async () => {
    const shown = await show(endpoint).catch(() => undefined);
    return shown?.connection.status === status ? shown : undefined;
  });
const types = ({ history }: Shown): string[] => history.map(({ event }) => event.type);

beforeAll(async () => {
  await ensurePackaged();
  local = await startLocalAws({
    port: 0,
    zoneName,
    parameters: { ApproverEmail: "approvers@payments.example" },
    delays: { available: 300 },
  });
  // It would find what a test has lost on purpose, or be there before a notification; it is called where it is meant.
  const sweeps = local.stack.resources.find(({ logicalId }) => logicalId === "SweepSchedule");
  await local.call("events", "DisableRule", { Name: sweeps?.physicalId });
  service = await provider(local, accounts.provider).createService(
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188",
  );
  for (const words of [
    ["services", "add", service.id, "--zone", zoneName, "--yes"],
    ["allow", accounts.acme, "--service", service.id, "--name", "acme"],
    ["deny", accounts.barred, "--service", service.id],
  ]) {
    // Once as a shell starts it.
    const { code, stderr } = await spawned(local, accounts.provider)(...words);
    if (code !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
  }
});

afterAll(() => local.close());

describe("the main job", () => {
  test("an allowed account is accepted without a person, gets its name, and loses it when it leaves", async () => {
    const endpoint = await consumer(local, accounts.acme).connect(service.name);
    const named = await until(async () => {
      const shown = await show(endpoint).catch(() => undefined);
      return shown !== undefined && types(shown).includes("NameMade") ? shown : undefined;
    });
    expect(types(named)).toEqual(["ConnectionRequested", "ConnectionApproved", "ConnectionAvailable", "NameAssigned", "NameMade"]);
    expect(named.history[1]?.event).toMatchObject({ by: { kind: "entry" }, because: { rule: "entry" }, entry: { version: 1 } });
    const records = await provider(local, accounts.provider).recordsAt(local.zoneId, `acme.${zoneName}`);
    expect(new Set(records.map(({ Type }) => Type))).toEqual(new Set(["A", "TXT"]));
    expect(records.find(({ Type }) => Type === "A")?.AliasTarget?.DNSName).toContain(endpoint);
    expect(JSON.stringify(records.find(({ Type }) => Type === "TXT"))).not.toContain(accounts.provider);

    await consumer(local, accounts.acme).disconnect(endpoint);
    const closed = await until(async () => {
      const shown = await show(endpoint);
      // The record is read before the history: it may be one event behind it.
      return types(shown).includes("NameRemoved") && shown.connection.names.length === 0 ? shown : undefined;
    });
    expect(closed.connection).toMatchObject({ status: "closed", names: [] });
    expect(await provider(local, accounts.provider).recordsAt(local.zoneId, `acme.${zoneName}`)).toEqual([]);
  });

  test("an unknown account is asked about; the link shows, and only a deliberate answer decides", async () => {
    const people = approver(local);
    const endpoint = await consumer(local, accounts.unknown).connect(service.name);
    const mail = await until(() => people.mailAbout(endpoint));
    expect(mail.to).toBe("approvers@payments.example");
    const link = people.linkIn(mail) ?? "";
    const page = await people.open(link);
    for (const shown of [accounts.unknown, endpoint, service.id, "Nothing on the allow-list matches"]) expect(page).toContain(shown);
    await fetch(link, { method: "HEAD" });
    await expect(people.answer(link, page, "approve", "", "a robot sends the form as it finds it")).rejects.toThrow("refused");
    await expect(people.answer(`${link}x`, page, "approve", accounts.unknown.slice(-4), "")).rejects.toThrow("404");
    expect(types(await show(endpoint))).toEqual(["ConnectionRequested", "ApprovalRequested"]);

    await people.answer(link, page, "approve", accounts.unknown.slice(-4), "known from the trial");
    const connected = await reaches(endpoint, "connected");
    expect(connected.history[2]?.event).toMatchObject({
      type: "ConnectionApproved",
      by: { kind: "approver" },
      because: { rule: "approvers" },
    });
    await people.answer(link, page, "reject", accounts.unknown.slice(-4), "too late").catch(() => undefined);
    expect((await show(endpoint)).connection.status).toBe("connected");
  });

  test("a barred account is rejected with the entry as the reason, and has no name", async () => {
    const endpoint = await consumer(local, accounts.barred).connect(service.name);
    const rejected = await reaches(endpoint, "rejected");
    expect(types(rejected)).toEqual(["ConnectionRequested", "ConnectionDenied", "ConnectionRejected"]);
    expect(rejected.history[0]?.event.source).toMatchObject({ kind: "notification", raw: expect.stringContaining(endpoint) as string });
    expect(rejected.history[1]?.event).toMatchObject({ by: { kind: "entry" }, because: { rule: "reject-entry" } });
    expect(rejected.connection.names).toEqual([]);
  });

  test("a lost notification costs only the sweep; three notifications are one decision and one accept", async () => {
    local.faults.loseNotifications(1);
    const lost = await consumer(local, accounts.acme).connect(service.name);
    local.faults.repeatNotifications(3);
    const repeated = await consumer(local, accounts.acme).connect(service.name);
    const shown = await reaches(repeated, "connected");
    expect(types(shown).filter((type) => type === "ConnectionApproved")).toHaveLength(1);
    expect(local.acceptsOf(repeated)).toBe(1);
    expect((await command("show", lost)).code).toBe(1);

    await local.invoke("SweepLambdaFunction", {});
    const found = await reaches(lost, "connected");
    expect(found.history[0]?.event.source?.kind).toBe("sweep");
  });

  test("what somebody accepts in the console is recorded as outside, and CloudTrail's name is added", async () => {
    const endpoint = await consumer(local, accounts.unknown).connect(service.name);
    await reaches(endpoint, "asking");
    await local.call("ec2", "AcceptVpcEndpointConnections", { ServiceId: service.id, VpcEndpointIds: [endpoint] });
    const shown = await reaches(endpoint, "connected");
    expect(types(shown)).toContain("AcceptedOutside");
    expect(shown.history.find(({ event }) => event.type === "AcceptedOutside")?.event.by.kind).toBe("outside");
  });
});
