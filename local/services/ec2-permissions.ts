// Which principals may ask to connect to an endpoint service.

import { text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import { filtered, paged } from "./ec2-lists.ts";
import { newId, ownService } from "./ec2-state.ts";
import type { Ec2Action, Ec2State, EndpointService } from "./ec2-state.ts";

/** ARNs with path components are not supported by AWS here. */
const PRINCIPAL = /^(\*|arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)\/[\w+=,.@-]+))$/;

export const permissionActions: Readonly<Record<string, Ec2Action>> = {
  ModifyVpcEndpointServicePermissions(state, call) {
    const service = ownService(state, call.caller.account, text(call.input, "ServiceId"));
    const add = texts(call.input, "AddAllowedPrincipals");
    const wrong = add.find((principal) => !PRINCIPAL.test(principal));
    if (wrong !== undefined) throw new AwsError("InvalidPrincipal", `Invalid Principal: '${wrong}'`);
    service.permissionsTouched = true;
    for (const principal of texts(call.input, "RemoveAllowedPrincipals")) service.permissions.delete(principal);
    const added = add.filter((principal) => !service.permissions.has(principal));
    for (const principal of added) service.permissions.set(principal, newId("vpce-svc-perm"));
    const AddedPrincipals = added.map((principal) => row(service, principal));
    return { AddedPrincipals, ReturnValue: true };
  },

  DescribeVpcEndpointServicePermissions(state, call) {
    const service = ownService(state, call.caller.account, text(call.input, "ServiceId"));
    const all = [...service.permissions.keys()].map((principal, sequence) => ({ principal, sequence }));
    const found = filtered(call, all, { principal: (one) => one.principal, "principal-type": (one) => typeOf(one.principal) });
    const { page, ...more } = paged(call, found);
    return { AllowedPrincipals: page.map(({ principal }) => row(service, principal)), ...more };
  },
};

/** May this account see the service and ask to connect? Its owner always may. */
export function mayAsk(state: Ec2State, service: EndpointService, account: string): boolean {
  if (service.state === "Deleted") return false;
  if (service.owner === account) return true;
  if (!service.permissionsTouched && state.assumptions.servicesOpenUntilPermissionsSet) return true;
  // A single role or user is let in by its account: who in it calls is not told to us here.
  return [...service.permissions.keys()].some((principal) => principal === "*" || principal.split(":")[4] === account);
}

function row(service: EndpointService, Principal: string): unknown {
  return { PrincipalType: typeOf(Principal), Principal, ServicePermissionId: service.permissions.get(Principal), ServiceId: service.id };
}

function typeOf(principal: string): string {
  if (principal === "*") return "All";
  const resource = principal.split(":")[5] ?? "";
  return resource === "root" ? "Account" : resource.startsWith("role/") ? "Role" : "User";
}
