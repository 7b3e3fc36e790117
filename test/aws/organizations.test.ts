// Membership as AWS Organizations tells it, over the wire of local AWS: with the role, kept a while, and unknown when nobody answers.

import { STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { organizationsApi, type OrganizationsCall } from "../../lib/aws/organizations.ts";
import { organizationsCall } from "../../lib/aws/organizations-call.ts";
import { Fault } from "../../lib/faults.ts";
import { accountId } from "../../lib/ids.ts";
import type { Organizations } from "../../lib/ports.ts";
import { createOrganizations } from "../../local/services/organizations.ts";
import { createSts } from "../../local/services/sts.ts";
import { wallClock } from "../../local/clock.ts";
import { createIdentities } from "../../local/identities.ts";
import { startFront, type Front } from "../../local/http-front.ts";
import { accountOf } from "../fakes/endpoint-services.ts";
import { fakeClock } from "../fakes/clock.ts";

const management = "999999999999";
const role = `arn:aws:iam::${management}:role/reads-accounts`;
const [acme, globex, stranger] = [accountOf(2), accountOf(3), accountId("444444444444")];

let front: Front;
let clock: ReturnType<typeof fakeClock>;
let calls: string[];
let organizations: Organizations;
let ids: { readonly organization: string; readonly outer: string; readonly inner: string };

beforeEach(async () => {
  const identities = createIdentities();
  const service = createOrganizations();
  front = await startFront({
    services: [service, createSts({ identities, clock: wallClock() })],
    identities,
    port: 0,
    region: "eu-west-1",
  });
  const make = (action: string, input: object): Record<string, Record<string, string>> =>
    service.handle({ action, input, caller: identities.caller(management), region: "us-east-1", requestId: "1" } as never) as never;
  const organization = make("CreateOrganization", {})["Organization"]?.["Id"] ?? "";
  const root = (make("ListRoots", {})["Roots"] as unknown as { Id: string }[])[0]?.Id ?? "";
  const unit = (parent: string): string =>
    make("CreateOrganizationalUnit", { ParentId: parent, Name: "unit" })["OrganizationalUnit"]?.["Id"] ?? "";
  const outer = unit(root);
  const inner = unit(outer);
  ids = { organization, outer, inner };
  make("MoveAccount", { AccountId: acme, SourceParentId: root, DestinationParentId: inner });
  make("MoveAccount", { AccountId: globex, SourceParentId: root, DestinationParentId: root });
  clock = fakeClock();
  calls = [];
  const credentials = { accessKeyId: "111111111111", secretAccessKey: "any" };
  const sts = new STSClient({ endpoint: front.url, region: "eu-west-1", credentials, maxAttempts: 1 });
  const call = organizationsCall({ sts, role, endpoint: front.url });
  organizations = organizationsApi((action, input) => {
    calls.push(action);
    return call(action, input);
  }, clock.now);
});
afterEach(() => front.close());

test("units nearest first, up to the root; an account outside has none", async () => {
  expect(await organizations.of(acme)).toEqual({ id: ids.organization, units: [ids.inner, ids.outer] });
  expect(await organizations.of(globex)).toEqual({ id: ids.organization, units: [] });
  expect(await organizations.of(stranger)).toBe("none");
});

test("it is asked once in ten minutes, and each unit once for all its accounts", async () => {
  await organizations.of(acme);
  expect(calls).toEqual(["ListParents", "ListParents", "ListParents", "DescribeOrganization"]);
  await organizations.of(acme);
  await organizations.of(globex);
  expect(calls.slice(4)).toEqual(["ListParents"]);
  clock.advance(601);
  await organizations.of(acme);
  expect(calls.slice(5)).toHaveLength(4);
});

test("whoever does not answer is not asked again at once: unknown meanwhile, and known when it answers", async () => {
  let down = true;
  const asked: string[] = [];
  const call: OrganizationsCall = async (action) => {
    asked.push(action);
    if (down) throw new Fault("TooManyRequestsException", "organizations:ListParents", "slower", true);
    return action === "ListParents" ? { Parents: [{ Id: "r-1", Type: "ROOT" }] } : { Organization: { Id: "o-1234567890" } };
  };
  const api = organizationsApi(call, clock.now);
  expect(await api.of(acme)).toBe("unknown");
  expect(await api.of(globex)).toBe("unknown");
  expect(asked).toHaveLength(1);
  down = false;
  clock.advance(31);
  expect(await api.of(acme)).toEqual({ id: "o-1234567890", units: [] });
});

test.each([
  ["nothing", {}],
  ["no parent", { Parents: [] }],
  ["a parent of a kind that is not known", { Parents: [{ Id: "x", Type: "SOMETHING" }] }],
])("an answer with %s is unknown, never none", async (_, reply) => {
  const api = organizationsApi(() => Promise.resolve(reply), clock.now);
  expect(await api.of(acme)).toBe("unknown");
});

test("units in a circle come to an end", async () => {
  const api = organizationsApi(() => Promise.resolve({ Parents: [{ Id: "ou-abcd-12345678", Type: "ORGANIZATIONAL_UNIT" }] }), clock.now);
  expect(await api.of(acme)).toBe("unknown");
});
