// AWS Organizations: one organization with units and accounts, as far as membership is asked for.

import { randomBytes } from "node:crypto";
import { text } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call, Service } from "../service.ts";

const ACTIONS = new Set([
  "DescribeOrganization",
  "ListParents",
  "ListRoots",
  "CreateOrganization",
  "CreateOrganizationalUnit",
  "MoveAccount",
]);

interface Organization {
  readonly id: string;
  readonly owner: string;
  readonly root: string;
  /** Whose child each unit and each account is. */
  readonly parents: Map<string, string>;
}

export function createOrganizations(): Service {
  let organization: Organization | undefined;
  const there = (call: Call): Organization => {
    if (organization === undefined || organization.owner !== call.caller.account)
      throw new AwsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
    return organization;
  };
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    CreateOrganization(call) {
      if (organization !== undefined)
        throw new AwsError("AlreadyInOrganizationException", "The AWS account is already a member of an organization.");
      organization = { id: `o-${token(10)}`, owner: call.caller.account, root: `r-${token(4)}`, parents: new Map() };
      organization.parents.set(call.caller.account, organization.root);
      return { Organization: shown(organization) };
    },
    DescribeOrganization: (call) => ({ Organization: shown(there(call)) }),
    ListRoots: (call) => ({ Roots: [{ Id: there(call).root, Name: "Root" }] }),
    CreateOrganizationalUnit(call) {
      const { parents, root } = there(call);
      const parent = text(call.input, "ParentId");
      if (parent !== root && !parents.has(parent))
        throw new AwsError("ParentNotFoundException", "You provided a parent that does not exist.");
      const id = `ou-${root.slice(2)}-${token(8)}`;
      parents.set(id, parent);
      return { OrganizationalUnit: { Id: id, Name: text(call.input, "Name") } };
    },
    /** Here an account that was nowhere joins without an invitation. */
    MoveAccount(call) {
      const { parents, root } = there(call);
      const to = text(call.input, "DestinationParentId");
      if (to !== root && !parents.has(to)) throw new AwsError("DestinationParentNotFoundException", "The destination does not exist.");
      parents.set(text(call.input, "AccountId"), to);
      return {};
    },
    ListParents(call) {
      const { parents, root } = there(call);
      const parent = parents.get(text(call.input, "ChildId"));
      if (parent === undefined) throw new AwsError("ChildNotFoundException", "You provided a child that does not exist.");
      return { Parents: [{ Id: parent, Type: parent === root ? "ROOT" : "ORGANIZATIONAL_UNIT" }] };
    },
  };
  return {
    signingName: "organizations",
    actions: ACTIONS,
    demands: ({ action }) => [{ action: `organizations:${action}`, resource: "*" }],
    handle: (call) => actions[call.action]?.(call),
  };
}

const shown = ({ id, owner }: Organization): unknown => ({ Id: id, MasterAccountId: owner, FeatureSet: "ALL" });

function token(length: number): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from(randomBytes(length), (byte) => alphabet[byte % 36]).join("");
}
