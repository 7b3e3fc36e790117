// The world with people in it: a role for each of the stack's policies for people, their keys, and what IAM was asked about them.
import type { Judged, Question } from "../../local/authorize.ts";
import { at, ofType } from "../infra/packaged.ts";
import { grantedToRoles, type Asked, type Granted } from "./needed.ts";
import { accounts, openWorld, type Keys, type World } from "./world.ts";

export type Person = "Auditor" | "Approver" | "Operator" | "OnCall";
export const people: readonly Person[] = ["Auditor", "Approver", "Operator", "OnCall"];

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

export interface Peopled {
  readonly world: World;
  readonly keys: Readonly<Record<Person, Keys>>;
  readonly judged: readonly Judged[];
  /** What this person's role would be asked: its policies are those of the last time. */
  readonly question: (person: Person, action: string, resource: string) => Promise<Question>;
}

export async function openPeople(change: (resources: Resources) => Resources = (same) => same): Promise<Peopled> {
  const judged: Judged[] = [];
  const roles = Object.fromEntries(people.map((person) => [`${person}Role`, roleOf(person)]));
  const world = await openWorld(
    (one) => void judged.push(one),
    (resources) => change({ ...resources, ...roles }),
  );
  const keys = Object.fromEntries(await Promise.all(people.map(async (person) => [person, await keysOf(world, person)]))) as Record<
    Person,
    Keys
  >;
  return {
    world,
    keys,
    judged,
    async question(person, action, resource) {
      // Whether it is allowed does not matter: IAM is asked.
      await world.aws("cloudformation", "DescribeStacks", {}, keys[person].accessKeyId).catch(() => undefined);
      const own = judged.findLast(({ question }) => question.role === world.arnOf(`${person}Role`));
      if (own === undefined) throw new Error(`IAM was asked nothing about ${person}`);
      const { resourcePolicy: _, ...question } = own.question;
      return { ...question, action, resource, resourcePolicy: undefined };
    },
  };
}

type Resources = Readonly<Record<string, unknown>>;

async function keysOf(world: World, person: Person): Promise<Keys> {
  const { Credentials } = await world.aws("sts", "AssumeRole", { RoleArn: world.arnOf(`${person}Role`), RoleSessionName: "alice" });
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials as Readonly<Record<string, string>>;
  return {
    accessKeyId: AccessKeyId ?? "",
    secretAccessKey: SecretAccessKey ?? "",
    ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
  };
}

/** The API's routes that ask IAM. */
export const signedRoutes: readonly string[] = ofType("AWS::ApiGatewayV2::Route")
  .filter((route) => at(route, "AuthorizationType") === "AWS_IAM")
  .map((route) => String(at(route, "RouteKey")));

/** How IAM names a call of the route. */
export function routeArn({ local }: World, route: string): string {
  const [method = "", path = ""] = route.split(" ");
  const api = new URL(local.outputs["ApiUrl"] ?? "");
  const id = local.stack.resources.find(({ type }) => type === "AWS::ApiGatewayV2::Api")?.physicalId ?? api.hostname;
  return `arn:aws:execute-api:${local.region}:${local.account}:${id}/$default/${method}${path.replaceAll(/\{\w+\}/g, "x-1")}`;
}

/** There is something in the log, and it is under a checkpoint when it has settled: as this person verifies it. */
export async function sealed({ world, keys }: Peopled, person: Person): Promise<void> {
  await world.drawbridge("ask", accounts.barred, "--service", "*");
  await world.until("a log that is sealed", async () => {
    await world.tick();
    return world.drawbridgeAs(keys[person], "audit", "verify").catch(() => undefined);
  });
}

/** What IAM was asked about the person's role by now, and every route. */
export async function asked({ world, judged, question }: Peopled, person: Person): Promise<Question[]> {
  const own = judged.map((one) => one.question).filter(({ role }) => role === world.arnOf(`${person}Role`));
  const routes = await Promise.all(signedRoutes.map((route) => question(person, "execute-api:Invoke", routeArn(world, route))));
  return [...own, ...routes];
}

/** The cells of the person's policy that nothing of all this needs. */
export async function inVain(questions: readonly Question[]): Promise<string[]> {
  const asked = questions.map((question): Asked => ({ question, stories: new Set(["it"]) }));
  const granted: readonly Granted[] = await grantedToRoles(asked);
  return granted.filter(({ neededBy }) => neededBy.length === 0).map(({ sid, action, resource }) => `${sid}: ${action} on ${resource}`);
}
