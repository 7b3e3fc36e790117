// A policy with much in it: every text at its longest, many at once; and a preview in parts that says what the whole would.
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Api } from "../../cli/client.ts";
import { foresee, type Room } from "../../cli/foresee.ts";
import { nobody } from "../../cli/terminal.ts";
import { understood } from "../../cli/reply.ts";
import type { Entry } from "../../lib/allow-list.ts";
import { policyFile, read } from "../../lib/operator/inputs.ts";
import type { Outlook } from "../../lib/operator/fates.ts";
import { planPolicy, type SaidService } from "../../lib/operator/policy.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { inCare, service, type Desk } from "../operator/desk.ts";
import { volume } from "../volume.ts";
import { accounts, expectApplied } from "./large-policy.ts";
import { longestPolicy } from "./longest-policy.ts";
import { policyDesk, type PolicyDesk } from "./policy-desk.ts";

let at: Desk;
let files: PolicyDesk;

beforeEach(async () => {
  at = await inCare();
  files = await policyDesk(at);
});
afterEach(() => files.close());

test("entries with every text at its longest are previewed, applied, and then nothing is left to do", async () => {
  const count = volume(120, 450);
  await expectApplied(at, files, longestPolicy(service, count, accounts), count);
});

// In parts

const said = fc.record(
  {
    service: fc.constantFrom(service, "*"),
    principal: fc.constantFrom("any", ...[2, 3, 4, 5].map(accountOf), ...[1, 4, 9].map(endpointOf)),
    verdict: fc.constantFrom("accept", "ask", "reject"),
    atMost: fc.integer({ min: 1, max: 2 }),
    disconnect: fc.constantFrom("now", "keep", "24h"),
  },
  { requiredKeys: ["service", "principal", "verdict"] },
);
/** What is left of a limit that many share is told of each part by itself: the one thing in which the parts may differ. */
const asEntries = (list: readonly (typeof said extends fc.Arbitrary<infer E> ? E : never)[]): object[] => [
  ...new Map(
    list.map(({ atMost, disconnect, ...entry }) => [
      `${entry.service} ${entry.principal}`,
      {
        ...entry,
        ...(atMost === undefined || entry.verdict !== "accept" || entry.principal === "any" ? {} : { conditions: { atMost } }),
        ...(disconnect === undefined || entry.verdict === "accept" ? {} : { disconnect }),
      },
    ]),
  ).values(),
];

const whole: Room = { unsorted: Infinity, items: Infinity, bytes: Infinity };

/** Calls the use-cases, and counts the previews. */
function asking(at: Desk): { readonly call: Parameters<typeof foresee>[0]; readonly asked: () => number } {
  let asked = 0;
  const api = {
    get: (path: string) => at.ask(`GET ${path}`, { limit: 1000 }),
    post: (path: string, body: object) => {
      asked += 1;
      return at.ask(`POST ${path}`, body);
    },
  } as Pick<Api, "get" | "post"> as Api;
  return { call: { api, terminal: nobody }, asked: () => asked };
}

test("a preview in parts says what the whole one says, of any change of any list", async () => {
  let parts = 0;
  let told = 0;
  const runs = volume(25, 60);
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { maxLength: 5 }),
      fc.array(said, { minLength: 2, maxLength: 6 }),
      fc.constantFrom({ ...whole, unsorted: 0, items: 1 }, { ...whole, unsorted: 0, bytes: 500 }),
      async (before, after, room) => {
        const at = await inCare();
        for (let number = 1; number <= 6; number += 1) at.connect(number, 2 + (number % 3), number);
        for (const entry of asEntries(before)) await at.ask("PUT /entries", { ...entry, confirm: true });
        await at.admit();
        await at.admit();
        const { items: entries } = await at.ask<{ items: Entry[] }>("GET /entries");
        const { entries: wanted = [] } = read(policyFile, { entries: asEntries(after) });
        const plan = planPolicy({ entries: wanted }, { services: [], approvers: [], entries }, true);
        const { call, asked } = asking(at);
        const all: Outlook = await foresee(call, plan, "24h", whole);
        expect(await foresee(call, plan, "24h", room)).toEqual(all);
        parts += asked() - 1;
        told += Object.values(all).flat().length;
      },
    ),
    { numRuns: runs },
  );
  expect(parts).toBeGreaterThan(runs);
  expect(told).toBeGreaterThan(runs);
});

test("who is connected at a service that comes is looked at in parts too, though no record knows them", async () => {
  const comes = serviceOf(2);
  at.world.ec2.addService(comes);
  for (const number of [3, 4, 5]) at.world.ec2.connect({ endpoint: endpointOf(number), service: comes, account: accountOf(number) });
  const { services = {}, entries = [] } = read(policyFile, {
    services: { [comes]: { mode: "enforce", zone: "none" } },
    entries: [
      { service: comes, principal: accountOf(3), verdict: "accept" },
      { service: "*", principal: accountOf(4), verdict: "reject" },
      { service: comes, principal: endpointOf(5), verdict: "accept" },
      { service, principal: endpointOf(6), verdict: "accept" },
    ],
  });
  const taken = Object.entries(services).map(([id, care]) => ({ ...care, service: id })) as unknown as SaidService[];
  const plan = planPolicy({ services: taken, entries }, { services: [], approvers: [], entries: [] }, true);
  const { call, asked } = asking(at);
  const all = await foresee(call, plan, undefined, whole);
  expect(all).toMatchObject({
    accepted: [{ endpoint: endpointOf(3) }, { endpoint: endpointOf(5) }],
    rejected: [{ endpoint: endpointOf(4) }],
  });
  expect(await foresee(call, plan, undefined, { ...whole, unsorted: 0, items: 1 })).toEqual(all);
  expect(asked()).toBe(3);
});

test("what the API will not take is told as that", () => {
  const asked = { origin: "https://x", accessKeyId: "k", what: "POST /entries/preview" };
  for (const message of ["Request Entity Too Large", undefined])
    expect(() => understood({ status: 413, text: JSON.stringify({ message }) }, asked)).toThrow(
      "The API takes no request as large as this one (POST /entries/preview)",
    );
});
