// Who may ask to connect to an endpoint service, as EC2 keeps it: principals by their ARNs, or everybody.

import {
  ModifyVpcEndpointServicePermissionsCommand,
  paginateDescribeVpcEndpointServicePermissions,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { isAccountId, type AccountId, type ServiceId } from "../ids.ts";
import type { Allowed } from "../permissions.ts";
import { calling } from "./errors.ts";

const rowsPerPage = 1000;

export async function allowed(client: EC2Client, service: ServiceId): Promise<Allowed> {
  const accounts: AccountId[] = [];
  const others: string[] = [];
  await calling("ec2:DescribeVpcEndpointServicePermissions", async () => {
    for await (const { AllowedPrincipals = [] } of paginateDescribeVpcEndpointServicePermissions(
      { client, pageSize: rowsPerPage },
      { ServiceId: service },
    ))
      for (const { Principal = "" } of AllowedPrincipals) {
        const account = /^arn:[a-z-]+:iam::(\d{12}):root$/.exec(Principal)?.[1] ?? "";
        if (isAccountId(account)) accounts.push(account);
        else if (Principal !== "") others.push(Principal);
      }
  });
  return { accounts: accounts.sort(), others: others.sort() };
}

export async function allow(client: EC2Client, service: ServiceId, add: readonly AccountId[], remove: readonly AccountId[]): Promise<void> {
  if (add.length === 0 && remove.length === 0) return;
  const partition = partitionOf(await client.config.region());
  const arn = (account: AccountId): string => `arn:${partition}:iam::${account}:root`;
  const command = new ModifyVpcEndpointServicePermissionsCommand({
    ServiceId: service,
    ...(add.length === 0 ? {} : { AddAllowedPrincipals: add.map(arn) }),
    ...(remove.length === 0 ? {} : { RemoveAllowedPrincipals: remove.map(arn) }),
  });
  await calling("ec2:ModifyVpcEndpointServicePermissions", () => client.send(command), service);
}

const partitionOf = (region: string): string => (region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws");
