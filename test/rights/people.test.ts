// What the stack's policies for people allow, on local AWS: an auditor reads, an approver decides, an operator does all.
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate, type Judged, type Question } from "../../local/authorize.ts";
import { at, ofType } from "../infra/packaged.ts";
import { accounts, openWorld, type Keys, type Offered, type World } from "./world.ts";

type Person = "Auditor" | "Approver" | "Operator";
const people: readonly Person[] = ["Auditor", "Approver", "Operator"];

const roleOf = (person: Person) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: accounts.provider }, Action: "sts:AssumeRole" }],
    },
    ManagedPolicyArns: [{ Ref: `${person}Policy` }],
  },
});

let world: World;
let keys: Record<Person, Keys>;
let service: Offered;
const judged: Judged[] = [];

beforeAll(async () => {
  const roles = Object.fromEntries(people.map((person) => [`${person}Role`, roleOf(person)]));
  world = await openWorld(
    (one) => void judged.push(one),
    (resources) => ({ ...resources, ...roles }),
  );
  keys = { Auditor: await keysOf("Auditor"), Approver: await keysOf("Approver"), Operator: await keysOf("Operator") };
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
const signed = ofType("AWS::ApiGatewayV2::Route").filter((route) => at(route, "AuthorizationType") === "AWS_IAM");

test.each(signed.map((route) => String(at(route, "RouteKey"))))("%s is for those who need it", async (route) => {
  const [method = "", path = ""] = route.split(" ");
  const may: Person[] = [];
  for (const person of people) {
    const question = await lastOf(person);
    const [place = ""] = question.resource.split("/$default/");
    const resource = `${place}/$default/${method}${path.replaceAll(/\{\w+\}/g, "x-1")}`;
    if ((await evaluate({ ...question, resource })) === "allowed") may.push(person);
  }
  expect(may).toEqual(allowed[route]);
});

/** What this person's role was asked for last at the API: the policies are in it. */
async function lastOf(person: Person): Promise<Question> {
  await world.drawbridgeAs(keys[person], "services", "list");
  const own = judged.findLast(({ question }) => question.role === world.arnOf(`${person}Role`) && question.action === "execute-api:Invoke");
  if (own === undefined) throw new Error(`${person} has not called the API`);
  return own.question;
}

async function asked(): Promise<string> {
  const endpoint = await world.connect(accounts.unknown, service);
  await world.becomes(endpoint, "asking");
  return endpoint;
}

async function keysOf(person: Person): Promise<Keys> {
  const { Credentials } = await world.aws("sts", "AssumeRole", { RoleArn: world.arnOf(`${person}Role`), RoleSessionName: "alice" });
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials as Readonly<Record<string, string>>;
  return {
    accessKeyId: AccessKeyId ?? "",
    secretAccessKey: SecretAccessKey ?? "",
    ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
  };
}
