// Who acts in a smoke run besides the administrator that runs it: a deployer with the printed policy, an operator with the stack's.
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import type { Keys } from "../deploy/clients.ts";
import { tagKey } from "./made.ts";
import { deleteStack, deployStack } from "./stacks.ts";
import type { Wait } from "./steps.ts";
import type { Ground } from "./world.ts";

/** IAM tells every Region of a new role within seconds; until then it is not known, or may nothing. */
const knownWithinMs = 60_000;
const newRights = /AccessDenied|UnauthorizedOperation|InvalidClientTokenId|not authorized/;

/** A role in a stack of its own, that this account may assume; gives the keys of a session. */
export async function actor({ clients, made, steps }: Ground, name: string, rights: object): Promise<Keys> {
  const { run } = made.note;
  const stack = stackOf(run, name);
  return steps.need(`a role with the rights of ${name}`, 10 * knownWithinMs, async (wait) => {
    made.about({ kind: "stack", name: stack });
    const principal = { AWS: { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } };
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }] };
    const template = {
      Resources: { Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust, ...rights } } },
      Outputs: { Arn: { Value: { "Fn::GetAtt": ["Role", "Arn"] } } },
    };
    const { Arn: RoleArn } = await deployStack(clients, { name: stack, template, parameters: {}, tags: { [tagKey]: run } }, wait);
    return settled(wait, async () => {
      const { Credentials } = await clients.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: run }));
      const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
      return { accessKeyId: AccessKeyId ?? "", secretAccessKey: SecretAccessKey ?? "", sessionToken: SessionToken ?? "" };
    });
  });
}

/** Before what its rights are made of: a policy that is attached cannot be deleted. */
export async function takeAway({ clients, made, steps }: Ground, name: string): Promise<void> {
  const stack = stackOf(made.note.run, name);
  await steps.need(`the role of ${name} removed`, 5 * knownWithinMs, (wait) => deleteStack(clients, stack, wait));
  const thing = made.note.things.find((one) => one.kind === "stack" && one.name === stack);
  if (thing !== undefined) made.gone(thing);
}

const stackOf = (run: string, name: string): string => `drawbridge-${run}-${name}`;

/** Tries again while a refusal may only mean that the role is new. */
export async function settled<T>(wait: Wait, work: () => Promise<T>): Promise<T> {
  let last: unknown;
  const done = await wait.within(knownWithinMs, async () => {
    try {
      return { result: await work() };
    } catch (error) {
      if (!(error instanceof Error && newRights.test(`${error.name} ${error.message}`))) throw error;
      last = error;
      return undefined;
    }
  });
  if (done === undefined) throw last;
  return done.result;
}
