// May this caller do this? Evaluates a role's policies and a resource's own policy as IAM does, and words the refusal as AWS does.

import { channel } from "node:diagnostics_channel";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { AwsError } from "./service.ts";
import type { Caller, Demand, Role, ServicePrincipal } from "./service.ts";

export type Verdict = "allowed" | "explicit-deny" | "implicit-deny";

/** Everything that IAM was asked, and its answer: a question can be put to `evaluate` again, under other policies. */
export interface Judged {
  readonly question: Question;
  readonly verdict: Verdict;
}

/** What every local AWS of this process judges. An account's own calls at home are not asked about. */
export const judgements = channel("drawbridge.local-aws.judged");

/** Throws the refusal of the first demand that is not allowed. */
export async function authorize(caller: Caller, demands: readonly Demand[]): Promise<void> {
  for (const demand of demands) {
    const verdict = await judge(caller, demand);
    if (verdict !== "allowed") throw refusal(caller, demand, verdict);
  }
}

/** What has no resource has a Region all the same, which a policy may ask for. */
export function inRegion(region: string, demands: readonly Demand[]): readonly Demand[] {
  return demands.map((demand) =>
    demand.resource === "*" ? { ...demand, context: { "aws:RequestedRegion": region, ...demand.context } } : demand,
  );
}

/** Does the resource's policy let this service in, for this source? A resource without a policy lets no service in. */
export async function serviceMay(principal: ServicePrincipal, action: string, resource: string, resourcePolicy: unknown): Promise<boolean> {
  if (resourcePolicy === undefined) return false;
  const verdict = await asked({
    principal: principal.service,
    action,
    resource,
    resourceAccount: accountOf(resource) ?? principal.sourceAccount,
    context: { "aws:SourceArn": principal.sourceArn, "aws:SourceAccount": principal.sourceAccount },
    policies: [],
    resourcePolicy,
  });
  return verdict === "allowed";
}

async function judge(caller: Caller, demand: Demand): Promise<Verdict> {
  const resourceAccount = demand.resourceAccount ?? accountOf(demand.resource) ?? caller.account;
  const isOwnAccount = resourceAccount === caller.account;
  // The account's own key, and an operator's, may do all at home: a resource policy cannot lock its account out here.
  if (caller.role === undefined && isOwnAccount) return "allowed";
  return await asked({
    principal: caller.arn,
    ...(caller.role === undefined ? {} : { role: caller.role.arn }),
    action: demand.action,
    resource: demand.resource,
    resourceAccount,
    context: { ...globalKeys(caller, demand), ...demand.context },
    policies: caller.role === undefined ? FULL_RIGHTS : caller.role.policies,
    resourcePolicy: demand.resourcePolicy,
  });
}

export interface Question {
  readonly principal: string;
  /** The ARN of the role that the principal is a session of. */
  readonly role?: string;
  readonly action: string;
  readonly resource: string;
  readonly resourceAccount: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  readonly policies: Role["policies"];
  readonly resourcePolicy: unknown;
}

async function asked(question: Question): Promise<Verdict> {
  const verdict = await evaluate(question);
  if (judgements.hasSubscribers) judgements.publish({ question, verdict } satisfies Judged);
  return verdict;
}

const FULL_RIGHTS: Role["policies"] = [
  { name: "all", document: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] } },
];

/** Verdicts of questions already asked: policies are values here, so a document that changes is another object. */
const answered = new WeakMap<object, Map<string, Verdict>>();
const ANSWERS_MAX = 5000;

export async function evaluate(question: Question): Promise<Verdict> {
  const { policies, resourcePolicy, ...rest } = question;
  const anchor = typeof resourcePolicy === "object" && resourcePolicy !== null ? resourcePolicy : policies;
  const known = answered.get(anchor) ?? new Map<string, Verdict>();
  answered.set(anchor, known);
  const key = JSON.stringify([rest, anchor === policies ? null : policies]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const verdict = await simulate(question);
  if (known.size >= ANSWERS_MAX) known.clear();
  known.set(key, verdict);
  return verdict;
}

async function simulate(question: Question): Promise<Verdict> {
  const contextVariables = Object.fromEntries(
    Object.entries(question.context).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
  const result = await runSimulation(
    {
      request: {
        principal: question.principal,
        action: question.action,
        resource: { resource: question.resource, accountId: question.resourceAccount },
        contextVariables,
      },
      identityPolicies: question.policies.map(({ name, document }) => ({ name, policy: document })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(question.resourcePolicy === undefined ? {} : { resourcePolicy: question.resourcePolicy }),
    },
    {},
  );
  if (result.resultType === "error") {
    throw new AwsError(
      "InternalFailure",
      `local AWS could not evaluate ${question.action} on ${question.resource}: ${JSON.stringify(result.errors)}`,
      500,
    );
  }
  if (result.overallResult === "Allowed") return "allowed";
  return result.overallResult === "ExplicitlyDenied" ? "explicit-deny" : "implicit-deny";
}

function globalKeys(caller: Caller, demand: Demand): Record<string, string> {
  const region = demand.resource.split(":")[3];
  const role = caller.role;
  return {
    "aws:PrincipalAccount": caller.account,
    "aws:PrincipalArn": role === undefined ? caller.arn : role.arn,
    "aws:PrincipalType": role === undefined ? "Account" : "AssumedRole",
    "aws:userid": caller.userId,
    "aws:SecureTransport": "true",
    "aws:ResourceAccount": demand.resourceAccount ?? accountOf(demand.resource) ?? caller.account,
    ...(region === undefined || region === "" ? {} : { "aws:RequestedRegion": region }),
  };
}

/** The owner that stands in an ARN; a bucket's or a hosted zone's has none. */
function accountOf(arn: string): string | undefined {
  const account = arn.split(":")[4];
  return account === undefined || account === "" ? undefined : account;
}

function refusal(caller: Caller, demand: Demand, verdict: Verdict): AwsError {
  const why =
    verdict === "explicit-deny"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${demand.action} action`;
  const where = demand.resource === "*" ? "" : ` on resource: ${demand.resource}`;
  return new AwsError("AccessDenied", `User: ${caller.arn} is not authorized to perform: ${demand.action}${where} ${why}`, 403, {
    denied: true,
  });
}
