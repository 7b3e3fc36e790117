// Which rights the stories need: each granted cell (statement, action, resource) is taken away, and what IAM was asked is asked again.
import { evaluate, type Judged, type Question } from "../../local/authorize.ts";

/** What was asked, by whom, in which stories. */
export interface Asked {
  readonly question: Question;
  readonly stories: ReadonlySet<string>;
}

export interface Cell {
  /** The role's ARN, or the resource that carries the policy. */
  readonly holder: string;
  readonly sid: string;
  readonly action: string;
  readonly resource: string;
  /** Of a resource's policy: who is let in. */
  readonly principal?: string;
  readonly conditions: readonly string[];
}

export interface Granted extends Cell {
  /** The stories that fail without it, in their order; empty when it is granted in vain. */
  readonly neededBy: readonly string[];
}

export interface Recorder {
  readonly onDemand: (judged: Judged) => void;
  /** From now on, what is asked belongs to this story. */
  story(name: string): void;
  readonly asked: () => readonly Asked[];
  readonly denied: () => readonly { readonly story: string; readonly question: Question }[];
}

export function recorder(first: string): Recorder {
  const asked = new Map<string, { question: Question; stories: Set<string> }>();
  const denied: { story: string; question: Question }[] = [];
  let story = first;
  return {
    onDemand({ question, verdict }) {
      if (verdict !== "allowed") denied.push({ story, question });
      const { principal, role, action, resource, context } = question;
      const key = JSON.stringify([role ?? principal, action, resource, telling(context)]);
      const known = asked.get(key) ?? { question, stories: new Set<string>() };
      asked.set(key, known);
      // The policies are those of the last time: some are attached after their resource is made.
      known.question = question;
      known.stories.add(story);
    },
    story: (name) => void (story = name),
    asked: () => [...asked.values()],
    denied: () => denied,
  };
}

/** The keys of items differ in every call, and no policy here looks at them. */
const telling = (context: Question["context"]): object =>
  Object.fromEntries(Object.entries(context).filter(([key]) => key !== "dynamodb:LeadingKeys"));

/** Every cell of every role's policies, as the role was when it was last asked about. */
export async function grantedToRoles(all: readonly Asked[]): Promise<Granted[]> {
  const roles = Map.groupBy(
    all.filter(({ question }) => question.role !== undefined),
    ({ question }) => question.role ?? "",
  );
  const granted: Granted[] = [];
  for (const [holder, its] of roles) {
    const policies = its.at(-1)?.question.policies ?? [];
    for (const [policyIndex, { document }] of policies.entries())
      for (const [index, statement] of statementsOf(document).entries())
        for (const cell of cellsOf(holder, statement)) {
          const reduced = policies.map((policy, at) =>
            at === policyIndex ? { ...policy, document: without(document, index, cell) } : policy,
          );
          const concerned = its.filter(({ question }) => question.action === cell.action);
          granted.push({ ...cell, neededBy: await failing(concerned, (question) => ({ ...question, policies: reduced })) });
        }
  }
  return granted;
}

/** Every cell of every resource's policy that a service was let in by. */
export async function grantedToServices(all: readonly Asked[]): Promise<Granted[]> {
  const resources = Map.groupBy(
    all.filter(({ question }) => question.principal.endsWith(".amazonaws.com")),
    ({ question }) => question.resource,
  );
  const granted: Granted[] = [];
  for (const [holder, its] of resources) {
    const document = its.at(-1)?.question.resourcePolicy;
    for (const [index, statement] of statementsOf(document).entries())
      for (const cell of cellsOf(holder, statement)) {
        const resourcePolicy = without(document, index, cell);
        granted.push({ ...cell, neededBy: await failing(its, (question) => ({ ...question, resourcePolicy })) });
      }
  }
  return granted;
}

async function failing(asked: readonly Asked[], change: (question: Question) => Question): Promise<string[]> {
  const stories = new Set<string>();
  for (const { question, stories: its } of asked) {
    const now = change(question);
    if ((await evaluate(question)) === "allowed" && (await evaluate(now)) !== "allowed") for (const story of its) stories.add(story);
  }
  return [...stories];
}

interface Statement {
  readonly Sid?: string;
  readonly Effect?: string;
  readonly Action: string | readonly string[];
  /** A trust policy has none: it is the role's own. */
  readonly Resource?: string | readonly string[];
  readonly Principal?: { readonly Service?: string };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const statementsOf = (document: unknown): readonly Statement[] =>
  (document as { Statement?: readonly Statement[] } | undefined)?.Statement ?? [];

const list = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

function cellsOf(holder: string, { Sid = "", Action, Resource, Principal, Condition = {} }: Statement): Cell[] {
  const conditions = Object.values(Condition).flatMap((keys) => Object.keys(keys));
  return list(Action).flatMap((action) =>
    list(Resource ?? holder).map((resource) => ({
      holder,
      sid: Sid,
      action,
      resource,
      conditions,
      ...(Principal?.Service === undefined ? {} : { principal: Principal.Service }),
    })),
  );
}

/** The document without one cell: the statement falls into its other cells. A policy of nothing is still a policy. */
function without(document: unknown, index: number, cell: Cell): unknown {
  const Statement = statementsOf(document).flatMap((statement, at) => {
    if (at !== index) return [statement];
    // The one action of a trust policy.
    const { Resource: resources } = statement;
    if (resources === undefined) return [];
    return list(statement.Action).flatMap((Action) =>
      list(resources)
        .filter((Resource) => Action !== cell.action || Resource !== cell.resource)
        .map((Resource) => ({
          ...statement,
          Sid: `${statement.Sid ?? ""}${Action}${Resource}`.replaceAll(/[^\w]/g, ""),
          Action,
          Resource,
        })),
    );
  });
  const isTrust = cell.principal !== undefined && cell.action === "sts:AssumeRole";
  const nothing = {
    Effect: "Deny",
    Principal: { Service: "nobody.amazonaws.com" },
    Action: cell.action,
    ...(isTrust ? {} : { Resource: cell.resource }),
  };
  return {
    ...(document as object),
    Statement: Statement.length === 0 ? [cell.principal === undefined ? nobody(cell) : nothing] : Statement,
  };
}

const nobody = ({ action, resource }: Cell) => ({
  Effect: "Allow",
  Action: action,
  Resource: resource,
  Condition: { StringEquals: { "aws:PrincipalArn": "nobody" } },
});
