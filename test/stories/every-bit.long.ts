// Every single bit of a link, of a form's seal and of a request from Slack, changed and sent over HTTP to the packaged functions: refused. As it was, each decides.

import { afterAll, beforeAll, expect, test } from "vitest";
import { accounts, openWorld, type Offered, type World } from "../faults/world.ts";
import { changedForms, changedLinks, formFields } from "./changed-links.ts";
import { statusOf, tally, withOneBitChanged, withOneByteChanged, type Request } from "./one-bit.ts";

const [ann, annInSlack] = ["ann@payments.example", "U0ANN00000"];
const asked = ["ConnectionRequested", "ApprovalRequested"];
let world: World;
let service: Offered;

beforeAll(async () => {
  world = await openWorld();
  const secret = { SecretId: world.local.outputs["SlackSecretArn"], SecretString: world.local.slack.secret() };
  await world.aws("secretsmanager", "PutSecretValue", secret);
  service = await world.inCare();
  await world.drawbridge("approvers", "add", "ann", "--email", ann, "--slack", annInSlack);
  // The lighter proof: whoever has the link can decide, so that nothing but the link stands between a request and a decision.
  await world.drawbridge("services", "set", service.id, "--approver", "ann", "--email-proof", "link", "--yes");
});
afterAll(() => world.local.close());

const letterAbout = (pattern: RegExp): Promise<string> =>
  world.eventually(`a letter with ${pattern.source}`, () =>
    world.local.letters.flatMap(({ to, text }) => (to === ann ? (pattern.exec(text)?.[0] ?? []) : [])).at(-1),
  );
async function ask(): Promise<string> {
  // The mail before has had its minutes: this one does not wait.
  await world.leap(240);
  const endpoint = await world.connect(accounts.unknown, service);
  await world.becomes(endpoint, "asking");
  return endpoint;
}

test("a link to a question, its form's seal, and a link to a list", async () => {
  const { api } = world.local;
  const endpoint = await ask();
  const path = new URL(await letterAbout(/https?:\S+\/a\/\S+/)).pathname;
  const fields = await formFields(api, path, accounts.unknown);
  const links = await tally(api, changedLinks(path, fields));
  // What HTTP itself cannot carry does not come as far as the function.
  expect(
    Object.keys(links).every((status) => status === "400" || status === "404"),
    JSON.stringify(links),
  ).toBe(true);
  expect(links[404]).toBeGreaterThan(3500);
  const forms = await tally(api, changedForms(path, fields));
  expect(Object.keys(forms)).toEqual(["422"]);
  expect(forms[422]).toBeGreaterThan(400);

  await world.leap(240);
  await Promise.all([world.connect(accounts.unknown, service), world.connect(accounts.unknown, service)]);
  await world.sweep();
  const list = new URL(await letterAbout(/https?:\S+\/q\/\S+/)).pathname;
  expect(await statusOf(api, { method: "GET", path: list })).toBe(200);
  const lists = await tally(api, changedLinks(list, fields));
  expect(
    Object.keys(lists).every((status) => status === "400" || status === "404"),
    JSON.stringify(lists),
  ).toBe(true);
  expect(lists[404]).toBeGreaterThan(1500);

  await world.local.idle();
  expect(await world.types(endpoint)).toEqual(asked);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  expect(await statusOf(api, { method: "POST", path, headers, body: new URLSearchParams(fields).toString() })).toBe(303);
  await world.becomes(endpoint, "connected");
});

test("a request from Slack: every bit of its signature and its time, every byte of its body", async () => {
  const { api, slack } = world.local;
  const endpoint = await ask();
  const about = { user: annInSlack, action: "drawbridge-approve", about: endpoint };
  const real = await world.eventually("Slack has the question", () => {
    try {
      return slack.request(about);
    } catch {
      return undefined;
    }
  });
  const to = { method: "POST", path: "/slack/interactions" };
  function* changed(): Generator<Request> {
    for (const name of ["x-slack-signature", "x-slack-request-timestamp"])
      for (const bytes of withOneBitChanged(Buffer.from(real.headers[name] ?? "")))
        yield { ...to, headers: { ...real.headers, [name]: bytes.toString("latin1") }, body: real.body };
    for (const body of withOneByteChanged(Buffer.from(real.body))) yield { ...to, headers: real.headers, body };
  }
  const counts = await tally(api, changed());
  expect(
    Object.keys(counts).every((status) => status === "400" || status === "401"),
    JSON.stringify(counts),
  ).toBe(true);
  expect(counts[401]).toBeGreaterThan(5000);
  await world.local.idle();
  expect(await world.types(endpoint)).toEqual(asked);
  expect(await statusOf(api, { ...to, headers: real.headers, body: real.body })).toBe(200);
  await world.becomes(endpoint, "connected");
});
