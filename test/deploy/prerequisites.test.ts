// What is looked at before anything is deployed: the account, the zones, the domain's certificate, a trail.
import { afterAll, beforeAll, expect, test } from "vitest";

import type { LocalAws } from "../../local/aws-options.ts";
import { clientsOf, type Clients } from "../../scripts/deploy/clients.ts";
import type { Stage } from "../../scripts/deploy/config.ts";
import { prerequisites } from "../../scripts/deploy/prerequisites.ts";
import { account, emptyAccount, region } from "./place.ts";

const name = "drawbridge.example.com";
const certificate = `arn:aws:acm:${region}:${account}:certificate/0-1`;
let local: LocalAws;
let clients: Clients;

beforeAll(async () => {
  local = await emptyAccount();
  clients = clientsOf(region, { accessKeyId: account, secretAccessKey: "local" });
});
afterAll(async () => {
  await local.close();
});

const stage = (more: Partial<Stage> = {}): Stage => ({ stage: "dev", account, region, hostedZones: [local.zoneId], ...more });
/** ACM as it would answer: local AWS has none. */
const acm = (Certificate: object): Clients => ({ ...clients, acm: () => Promise.resolve({ Certificate }) });
const withDomain = (answers: Clients) => prerequisites(answers, stage({ domain: { name, certificate } }));

test("what is missing but not needed is a warning", async () => {
  const said = async (more: Partial<Stage>, as = clients): Promise<string> => (await prerequisites(as, stage(more))).warnings.join("\n");
  expect(await said({ alarmEmail: "a@example.com", approverEmail: "b@example.com" })).toBe("");
  expect(await said({ hostedZones: [] })).toMatch(/alarmEmail is not set[\s\S]*approverEmail is not set[\s\S]*hostedZones is empty/);
  const trailless = { ...clients, cloudTrail: () => Promise.resolve({ trailList: [] }) };
  expect(await said({}, trailless)).toContain("no CloudTrail trail logs management events here");
});

test("another account, or a zone that is not there, stops it", async () => {
  await expect(prerequisites(clients, stage({ account: "222222222222" }))).rejects.toThrow("belongs to the account 222222222222");
  await expect(prerequisites(clients, stage({ hostedZones: ["Z0NOWHERE"] }))).rejects.toThrow("The hosted zone Z0NOWHERE cannot be read");
});

test.each([
  [
    { Status: "PENDING_VALIDATION", DomainName: name },
    "is PENDING_VALIDATION, not ISSUED",
    "make the record that aws acm describe-certificate",
  ],
  [{ Status: "EXPIRED", DomainName: name }, "is EXPIRED, not ISSUED", "make the record"],
  [
    { Status: "ISSUED", DomainName: "example.com", SubjectAlternativeNames: ["*.test.example.com"] },
    `not for ${name}`,
    "give one for that name",
  ],
  [{ Status: "ISSUED", DomainName: "*.com" }, `is for *.com, not for ${name}`, "give one for that name"],
])("a certificate %j stops it", async (found, message, remedy) => {
  await expect(withDomain(acm(found))).rejects.toMatchObject({
    message: expect.stringContaining(message) as string,
    remedy: expect.stringContaining(remedy) as string,
  });
});

test.each([{ DomainName: name }, { DomainName: "example.com", SubjectAlternativeNames: ["example.com", "*.example.com"] }])(
  "an issued certificate for %j does",
  async (names) => {
    await expect(withDomain(acm({ Status: "ISSUED", ...names }))).resolves.toMatchObject({ caller: expect.any(String) as string });
  },
);

test("a certificate that cannot be read stops it, and so does a zone beside it", async () => {
  const unread = { ...clients, acm: () => Promise.reject(Object.assign(new Error("no"), { name: "ResourceNotFoundException" })) };
  await expect(withDomain(unread)).rejects.toThrow(`The certificate of ${name} cannot be read: ResourceNotFoundException: no`);
  const both = prerequisites(unread, stage({ hostedZones: ["Z0NOWHERE"], domain: { name, certificate } }));
  await expect(both).rejects.toThrow(/Z0NOWHERE cannot be read[\s\S]*certificate of/);
});
