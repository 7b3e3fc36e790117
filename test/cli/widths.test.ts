// What each command shows, in terminals of usual widths: nothing is wider, and a row stays a row.
import { afterAll, beforeAll, expect, test } from "vitest";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { desk, service, type Desk } from "../operator/desk.ts";
import { policyDesk, type PolicyDesk } from "./policy-desk.ts";

const widths = [60, 80, 100, 120, 160];
const observed = serviceOf(2);
const longName = "A Rather Long Name of a Consumer GmbH & Co. KG";
const expiry = "2027-12-31T18:00:00Z";

let at: Desk;
let files: PolicyDesk;

beforeAll(async () => {
  at = desk();
  at.world.ec2.addService(observed);
  files = await policyDesk(at);
  const does = async (...words: readonly string[]): Promise<void> => expect((await files.run([...words, "--yes"])).err).toBeDefined();
  await does("services", "add", service, "--zone", "privatelink.example.com");
  await does("services", "add", observed, "--no-names", "--observe");
  const person = async (name: string, ...ways: readonly string[]): Promise<unknown> => files.run(["approvers", "add", name, ...ways]);
  await person("ann", "--email", "ann@privatelink.example.com", "--arn", "arn:aws:iam::111111111111:user/ann");
  await person("ben", "--slack", "U0123ABCDEF");
  await does("services", "set", service, "--approver", "ann", "--approver", "ben", "--quorum", "2");
  const at2 = ["--region", "eu-west-1", "--region", "eu-west-2", "--expires", expiry, "--at-most", "2"];
  await does("allow", "222222222222", "--service", service, "--name", "acme", ...at2);
  await does("allow", "555555555555", "--service", service, "--name", longName, "--label", "long");
  await does("deny", "444444444444", "--service", "*", "--name", "globex");
  await does("ask", "any", "--service", "*");
  for (const [number, account] of [
    [1, 2],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 5],
  ] as const)
    at.connect(number, account);
  at.world.ec2.connect({ endpoint: endpointOf(9), service: observed, account: accountOf(3) });
  await at.admit();
  for (const number of [1, 2, 5]) at.world.ec2.move(endpointOf(number), "available");
  await at.admit();
  await at.admit(observed);
  await does("freeze", "all", "--reason", "incident 42: payments are being moved to the new cluster");
});
afterAll(() => files.close());

const first = endpointOf(1);
const commands: readonly (readonly string[])[] = [
  ["services"],
  ["services", "show", service],
  ["list"],
  ["connections"],
  ["connections", "--service", service],
  ["pending"],
  ["approvers"],
  ["freezes"],
  ["audit", "--all"],
  ["audit", "who-let-in", "222222222222"],
  ["access-report"],
  ["stats", "--from", "2026-01-01"],
  ["show", first],
  ["show", "222222222222"],
  ["show", "222222222222", "--service", service],
  ["explain", first],
];

test.each(commands.flatMap((words) => widths.map((width) => [words.join(" "), width, words] as const)))(
  "%s fits %i columns",
  async (_, width, words) => {
    const { code, out } = await files.run(words, { width });
    expect(code).toBe(0);
    const over = out.split("\n").filter((line) => line.length > width);
    // What is to be copied stays whole, and nothing else is beside it but what it is called.
    expect(over.filter((line) => Math.max(...line.split(" ").map(({ length }) => length)) < width - 20)).toEqual([]);
    expect(out).not.toMatch(/ $/m);
    // Times and people as one reads them, and never in two ways.
    expect(out).not.toMatch(/\dT\d\d:|arn:aws/);
  },
);

test.each(widths)("in %i columns a row begins with what it is about, and no row becomes a card", async (width) => {
  const shown = async (...words: readonly string[]): Promise<string> => (await files.run(words, { width })).out;
  expect(await shown("connections")).toMatch(new RegExp(`^${first} {2}222222222222 .*connected`, "m"));
  expect(await shown("pending")).toMatch(new RegExp(`^${endpointOf(4)} {2}333333333333 `, "m"));
  expect(await shown("list", "--service", service)).toMatch(/(^|vpce-svc-\w+ {2})222222222222 {2}accept {3}acme/m);
  expect(await shown("services")).toMatch(new RegExp(`^${service} {2}enforce {2}privatelink.example.com`, "m"));
  expect(await shown("approvers")).toMatch(/^ann .*\b(ann@privatelink.example.com|not confirmed)/m);
});
