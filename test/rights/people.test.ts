// What the stack's policies for people allow, on local AWS: an auditor reads, an approver decides, an operator does all.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate, type Question } from "../../local/authorize.ts";
import { administrators, onCallNeeds } from "./on-call.ts";
import { inVain, openPeople, routeArn, signedRoutes, type Peopled, type Person } from "./people.ts";
import { accounts, type Keys, type Offered, type World } from "./world.ts";

/** Who may call the API. */
const callers: readonly Person[] = ["Auditor", "Approver", "Operator"];

let peopled: Peopled;
let world: World;
let keys: Readonly<Record<Person, Keys>>;
let service: Offered;

beforeAll(async () => {
  peopled = await openPeople();
  ({ world, keys } = peopled);
  service = await world.offer();
  await world.drawbridgeAs(keys.Operator, "services", "add", service.id, "--no-names", "--yes");
});
afterAll(() => world.local.close());

test("an auditor reads, and can neither decide nor change", async () => {
  const endpoint = await asked();
  expect(await world.drawbridgeAs(keys.Auditor, "audit")).toContain(endpoint);
  expect(await world.drawbridgeAs(keys.Auditor, "show", endpoint)).toContain(accounts.unknown);
  await expect(world.drawbridgeAs(keys.Auditor, "approve", endpoint)).rejects.toThrow(/not allow|may not|Forbidden|refused/i);
  expect(await world.statusOf(endpoint)).toBe("asking");
});

test("an approver decides, and can change no entry", async () => {
  const endpoint = await asked();
  await expect(world.drawbridgeAs(keys.Approver, "allow", accounts.unknown, "--service", service.id)).rejects.toThrow(
    /not allow|may not|Forbidden|refused/i,
  );
  await world.drawbridgeAs(keys.Approver, "approve", endpoint, "--reason", "known");
  await world.becomes(endpoint, "connected");
  const history = await world.drawbridgeAs(keys.Operator, "audit", "--connection", endpoint, "--json");
  expect(history).toContain(`assumed-role/${world.idOf("ApproverRole")}/`);
});

const reads: readonly Person[] = ["Auditor", "Approver", "Operator"];
const allowed: Readonly<Record<string, readonly Person[]>> = {
  "GET /services": reads,
  "GET /services/{service}": reads,
  "GET /services/{service}/preview": reads,
  "GET /entries": reads,
  "GET /entries/{service}/{principal}": reads,
  "GET /explain": reads,
  "GET /freezes": reads,
  "GET /connections": reads,
  "GET /connections/{endpoint}": reads,
  "GET /approvers": reads,
  "GET /pending": reads,
  "GET /audit": ["Auditor", "Operator"],
  "GET /deployment": reads,
  "POST /connections/{endpoint}/approve": ["Approver", "Operator"],
  "POST /connections/{endpoint}/reject": ["Approver", "Operator"],
  "PUT /approvers/{name}": ["Operator"],
  "DELETE /approvers/{name}": ["Operator"],
  "POST /approvers/{name}/confirm": ["Operator"],
  "POST /approvers/{name}/test": ["Operator"],
  "POST /services": ["Operator"],
  "PATCH /services/{service}": ["Operator"],
  "DELETE /services/{service}": ["Operator"],
  "POST /services/{service}/enforce": ["Operator"],
  "PUT /entries": ["Operator"],
  "POST /entries/batch": ["Operator"],
  "POST /entries/preview": ["Operator"],
  "PUT /freezes/{id}": ["Operator"],
  "DELETE /freezes/{id}": ["Operator"],
  "DELETE /entries/{service}/{principal}": ["Operator"],
};

test.each(signedRoutes)("%s is for those who need it", async (route) => {
  const may: Person[] = [];
  for (const person of [...callers, "OnCall"] as const)
    if ((await evaluate(await peopled.question(person, "execute-api:Invoke", routeArn(world, route)))) === "allowed") may.push(person);
  expect(may).toEqual(allowed[route]);
});

const runbook = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
const tagged = { "aws:ResourceTag/drawbridge": "payments" };

test("whoever is on call may run every command of the runbook, and everything that may be run is wanted", async () => {
  const needs = onCallNeeds(world);
  const written = new Set([...runbook.matchAll(/\baws ([a-z0-9-]+ [a-z-]+)/g)].map(([, command = ""]) => command));
  const unknown = [...written].filter((command) => needs[command] === undefined && !administrators.has(command));
  expect(unknown, "say in on-call.ts what they ask IAM").toEqual([]);
  const questions: Question[] = [];
  for (const [command, asked] of Object.entries(needs))
    for (const [action, resource] of asked) {
      const question = await peopled.question("OnCall", action, resource);
      const context = { ...question.context, "aws:RequestedRegion": world.local.region, ...(action.startsWith("ec2:") ? tagged : {}) };
      const resourcePolicy = action.startsWith("kms:") ? keyPolicy() : undefined;
      questions.push({ ...question, context, resourcePolicy });
      expect(await evaluate({ ...question, context, resourcePolicy }), `${command}: ${action} on ${resource}`).toBe("allowed");
    }
  expect(await inVain(questions)).toEqual([]);
});

test("whoever is on call changes no service that its owner has not tagged, and goes on with nothing that was paused", async () => {
  const { region, account } = world.local;
  const untagged = await peopled.question(
    "OnCall",
    "ec2:ModifyVpcEndpointServiceConfiguration",
    `arn:aws:ec2:${region}:${account}:vpc-endpoint-service/vpce-svc-0123456789abcdef0`,
  );
  expect(await evaluate(untagged)).toBe("implicit-deny");
  const UUID = world.idOf("AdmitEventSourceMappingSQSAdmitQueue");
  await expect(world.aws("lambda", "UpdateEventSourceMapping", { UUID, Enabled: true }, keys.OnCall.accessKeyId)).rejects.toThrow(
    "not authorized",
  );
  const Name = world.idOf("SweepSchedule");
  await world.aws("events", "EnableRule", { Name }, keys.OnCall.accessKeyId);
  await expect(world.aws("events", "DisableRule", { Name }, keys.OnCall.accessKeyId)).rejects.toThrow("not authorized");
});

test("an approver has no right that nothing needs", async () => {
  const questions = await Promise.all(
    signedRoutes.map((route) => peopled.question("Approver", "execute-api:Invoke", routeArn(world, route))),
  );
  expect(await inVain(questions)).toEqual([]);
});

const keyPolicy = (): unknown =>
  world.local.stack.resources.find(({ logicalId }) => logicalId === "CheckpointKey")?.declared.properties["KeyPolicy"];

async function asked(): Promise<string> {
  const endpoint = await world.connect(accounts.unknown, service);
  await world.becomes(endpoint, "asking");
  return endpoint;
}
