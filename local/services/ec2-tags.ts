// Tags on EC2 resources: given at creation, set and removed later, listed.

import { optionalText, rows, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { filtered, paged } from "./ec2-lists.ts";
import type { Ec2Action, Ec2State, Tags } from "./ec2-state.ts";

const TAGS_MAX = 50;

export const tagActions: Readonly<Record<string, Ec2Action>> = {
  CreateTags(state, call) {
    for (const id of texts(call.input, "Resources")) put(taggable(state, call.caller.account, id), rows(call.input, "Tags"));
    return {};
  },
  DeleteTags(state, call) {
    const given = rows(call.input, "Tags");
    for (const id of texts(call.input, "Resources")) {
      const tags = taggable(state, call.caller.account, id);
      if (given.length === 0) tags.clear();
      for (const tag of given) {
        const key = text(tag, "Key");
        const value = optionalText(tag, "Value");
        if (value === undefined || tags.get(key) === value) tags.delete(key);
      }
    }
    return {};
  },
  DescribeTags(state, call) {
    const all = resources(state, call.caller.account).flatMap(({ id, type, tags }) =>
      [...tags].map(([key, value]) => ({ id, type, key, value })),
    );
    const fields = {
      key: (row: (typeof all)[number]) => row.key,
      "resource-id": (row: (typeof all)[number]) => row.id,
      "resource-type": (row: (typeof all)[number]) => row.type,
      value: (row: (typeof all)[number]) => row.value,
    };
    const { page, ...more } = paged(
      call,
      filtered(call, all, fields).map((row, sequence) => ({ ...row, sequence })),
    );
    return { Tags: page.map((row) => ({ Key: row.key, Value: row.value, ResourceId: row.id, ResourceType: row.type })), ...more };
  },
};

/** The tags that a Create call brings for the resource it makes. */
export function tagsFrom(call: Call, resourceType: string): Tags {
  const tags: Tags = new Map();
  for (const specification of rows(call.input, "TagSpecifications")) {
    const type = text(specification, "ResourceType");
    if (type !== resourceType)
      throw new AwsError("InvalidParameterValue", `'${type}' is not a valid taggable resource type for this operation.`);
    put(tags, rows(specification, "Tags"));
  }
  return tags;
}

export function tagRows(tags: Tags): { Key: string; Value: string }[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

function put(tags: Tags, given: ReturnType<typeof rows>): void {
  for (const tag of given) {
    const key = text(tag, "Key");
    if (key.startsWith("aws:")) throw new AwsError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
    tags.set(key, optionalText(tag, "Value") ?? "");
    if (tags.size > TAGS_MAX) throw new AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
  }
}

function taggable(state: Ec2State, account: string, id: string): Tags {
  const found = resources(state, account).find((resource) => resource.id === id);
  if (found === undefined) throw notFound(id);
  return found.tags;
}

function notFound(id: string): AwsError {
  if (id.startsWith("vpce-svc-"))
    return new AwsError("InvalidVpcEndpointServiceId.NotFound", `The VpcEndpointService Id '${id}' does not exist`);
  if (id.startsWith("vpce-")) return new AwsError("InvalidVpcEndpointId.NotFound", `The Vpc Endpoint Id '${id}' does not exist`);
  return new AwsError("InvalidID", `The ID '${id}' is not valid`);
}

function resources(state: Ec2State, account: string): { id: string; type: string; tags: Tags }[] {
  const mine = <T extends { id: string; owner: string; tags: Tags }>(
    type: string,
    all: Iterable<T>,
  ): { id: string; type: string; tags: Tags }[] =>
    [...all].filter((one) => one.owner === account).map(({ id, tags }) => ({ id, type, tags }));
  const connections = [...state.endpoints.values()]
    .filter((endpoint) => endpoint.service.owner === account)
    .map(({ connectionId, connectionTags }) => ({ id: connectionId, type: "vpc-endpoint-connection", tags: connectionTags }));
  return [
    ...mine("vpc-endpoint-service", state.services.values()),
    ...mine("vpc-endpoint", state.endpoints.values()),
    ...connections,
    ...mine("vpc", state.vpcs.values()),
    ...mine("subnet", state.subnets.values()),
    ...mine("security-group", state.groups.values()),
    ...mine("route-table", state.routeTables.values()),
    ...mine("instance", state.instances.values()),
  ];
}
