// Where an account belongs, as AWS Organizations says; kept for some minutes, since many are judged and few move.

import * as v from "valibot";
import type { Membership } from "../allow-list.ts";
import { Fault } from "../faults.ts";
import { milliseconds, type AccountId } from "../ids.ts";
import type { Clock, Organizations } from "../ports.ts";

/** One call of the API, by its action. */
export type OrganizationsCall = (action: "ListParents" | "DescribeOrganization", input: object) => Promise<unknown>;

const keptSeconds = 600;
/** After a failure nobody is asked for a while: an outage is not made worse, and no batch waits for each account. */
const restSeconds = 30;
/** AWS allows five levels of units. */
const levelsMax = 10;

export function organizationsApi(call: OrganizationsCall, clock: Clock): Organizations {
  const members = new Map<AccountId, { readonly is: Membership; readonly until: number }>();
  const parents = new Map<string, { readonly is: Parent; readonly until: number }>();
  let organization: { readonly id: string; readonly until: number } | undefined;
  let restsUntil = 0;

  const parentOf = async (child: string, now: number): Promise<Parent> => {
    const kept = parents.get(child);
    if (kept !== undefined && kept.until > now) return kept.is;
    const { Parents } = read(parentsShape, await call("ListParents", { ChildId: child }));
    const [is] = Parents;
    if (is === undefined) throw new Fault("UnexpectedReply", "organizations:ListParents", `${child} has no parent`, true);
    // An account's own place is kept with its membership.
    if (child.startsWith("ou-")) parents.set(child, { is, until: now + keptSeconds });
    return is;
  };

  const lookUp = async (account: AccountId, now: number): Promise<Membership> => {
    const units: string[] = [];
    let parent = await parentOf(account, now);
    while (parent.Type === "ORGANIZATIONAL_UNIT") {
      if (units.push(parent.Id) > levelsMax)
        throw new Fault("UnexpectedReply", "organizations:ListParents", `${account} has no root`, false);
      parent = await parentOf(parent.Id, now);
    }
    if (organization === undefined || organization.until <= now) {
      const { Organization } = read(organizationShape, await call("DescribeOrganization", {}));
      organization = { id: Organization.Id, until: now + keptSeconds };
    }
    return { id: organization.id, units };
  };

  return {
    of: async (account) => {
      const now = milliseconds(clock()) / 1000;
      const kept = members.get(account);
      if (kept !== undefined && kept.until > now) return kept.is;
      if (now < restsUntil) return "unknown";
      try {
        const is = await lookUp(account, now);
        members.set(account, { is, until: now + keptSeconds });
        return is;
      } catch (error) {
        // Who is in no organization of ours is nobody's child here.
        if (error instanceof Fault && /^(ChildNotFoundException|AWSOrganizationsNotInUseException)$/.test(error.code)) {
          members.set(account, { is: "none", until: now + keptSeconds });
          return "none";
        }
        restsUntil = now + restSeconds;
        return "unknown";
      }
    },
  };
}

interface Parent {
  readonly Id: string;
  readonly Type: "ROOT" | "ORGANIZATIONAL_UNIT";
}
const parentsShape = v.looseObject({
  Parents: v.array(v.looseObject({ Id: v.string(), Type: v.picklist(["ROOT", "ORGANIZATIONAL_UNIT"]) })),
});
const organizationShape = v.looseObject({ Organization: v.looseObject({ Id: v.pipe(v.string(), v.nonEmpty()) }) });

function read<Shape extends v.GenericSchema>(shape: Shape, reply: unknown): v.InferOutput<Shape> {
  const result = v.safeParse(shape, reply);
  if (result.success) return result.output;
  throw new Fault("UnexpectedReply", "organizations", result.issues.map(({ message }) => message).join("; "), true);
}
