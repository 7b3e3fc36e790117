// The text records that prove a private DNS name: several Regions and accounts may have their values in one record set.

import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type Change,
  type ResourceRecordSet,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import type { ZoneId } from "../ids.ts";
import { calling } from "./errors.ts";
import { plainName } from "./record-set.ts";

/** As AWS suggests. */
const seconds = 1800;

export const prove = (client: Route53Client, zone: ZoneId, name: string, value: string): Promise<void> =>
  change(client, zone, name, (values) => (values.includes(quoted(value)) ? values : [...values, quoted(value)]));

export const disprove = (client: Route53Client, zone: ZoneId, name: string, value: string): Promise<void> =>
  change(client, zone, name, (values) => values.filter((one) => one !== quoted(value)));

const quoted = (value: string): string => `"${value}"`;

/** By an exact DELETE and a CREATE: when somebody else changes the set in between, nothing is done, and it is tried again. */
async function change(
  client: Route53Client,
  zone: ZoneId,
  name: string,
  next: (values: readonly string[]) => readonly string[],
): Promise<void> {
  const before = await at(client, zone, name);
  const values = (before?.ResourceRecords ?? []).flatMap(({ Value }) => Value ?? []);
  const wanted = next(values);
  if (wanted.length === values.length) return;
  const after: ResourceRecordSet = {
    Name: name,
    Type: "TXT",
    TTL: before?.TTL ?? seconds,
    ResourceRecords: wanted.map((Value) => ({ Value })),
  };
  const Changes: Change[] = [
    ...(before === undefined ? [] : [{ Action: "DELETE", ResourceRecordSet: before } as const]),
    ...(wanted.length === 0 ? [] : [{ Action: "CREATE", ResourceRecordSet: after } as const]),
  ];
  await calling(
    "route53:ChangeResourceRecordSets",
    () => client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes } })),
    `zone ${zone}`,
  );
}

async function at(client: Route53Client, zone: ZoneId, name: string): Promise<ResourceRecordSet | undefined> {
  const { ResourceRecordSets = [] } = await calling(
    "route53:ListResourceRecordSets",
    () =>
      client.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordName: name, StartRecordType: "TXT", MaxItems: 1 })),
    `zone ${zone}`,
  );
  return ResourceRecordSets.find((set) => set.Type === "TXT" && plainName(set.Name ?? "") === plainName(name));
}
