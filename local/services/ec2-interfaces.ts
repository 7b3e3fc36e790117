// Network interfaces: each has an address of its subnet, and belongs to an instance, an endpoint or a load balancer.

import { freeAddress } from "../ip-ranges.ts";
import { AwsError } from "../service.ts";
import { filtered, paged } from "./ec2-lists.ts";
import { listed } from "./ec2-network.ts";
import type { NetworkInterface } from "./ec2-parts.ts";
import { newId } from "./ec2-state.ts";
import type { Ec2Action, Ec2State } from "./ec2-state.ts";

export const interfaceActions: Readonly<Record<string, Ec2Action>> = {
  DescribeNetworkInterfaces(state, call) {
    const found = listed(state, call, state.interfaces, "NetworkInterfaceIds", "InvalidNetworkInterfaceID.NotFound", "networkInterface ID");
    const fields = {
      "vpc-id": (one: NetworkInterface) => one.vpcId,
      "subnet-id": (one: NetworkInterface) => one.subnetId,
      "network-interface-id": (one: NetworkInterface) => one.id,
      "interface-type": (one: NetworkInterface) => one.kind,
      "private-ip-address": (one: NetworkInterface) => one.address,
      "addresses.private-ip-address": (one: NetworkInterface) => one.address,
      "group-id": (one: NetworkInterface) => one.groupIds,
      description,
    };
    const { page, ...more } = paged(call, filtered(call, found, fields));
    return { NetworkInterfaces: page.map((one) => interfaceRow(state, one)), ...more };
  },
};

/** Nothing in a subnet that exists only by assumption: it has no addresses. */
export function attach(
  state: Ec2State,
  subnetId: string,
  groupIds: readonly string[],
  what: Pick<NetworkInterface, "kind" | "attachedTo">,
): NetworkInterface | undefined {
  const subnet = state.subnets.get(subnetId);
  if (subnet === undefined) return undefined;
  const taken = new Set([...state.interfaces.values()].filter((one) => one.vpcId === subnet.vpcId).map(({ address }) => address));
  const address = freeAddress(subnet.cidr, taken);
  if (address === undefined)
    throw new AwsError("InsufficientFreeAddressesInSubnet", `There are not enough free addresses in subnet '${subnetId}'.`);
  const { owner, vpcId, zone } = subnet;
  const made: NetworkInterface = {
    id: newId("eni"),
    owner,
    sequence: state.next(),
    vpcId,
    subnetId,
    zone,
    address,
    groupIds: [...groupIds],
    ...what,
  };
  state.interfaces.set(made.id, made);
  return made;
}

export function detach(state: Ec2State, id: string): void {
  state.interfaces.delete(id);
}

export function detachAll(state: Ec2State, attachedTo: string): void {
  for (const one of state.interfaces.values()) if (one.attachedTo === attachedTo) state.interfaces.delete(one.id);
}

export function interfacesOf(state: Ec2State, attachedTo: string): NetworkInterface[] {
  return [...state.interfaces.values()].filter((one) => one.attachedTo === attachedTo);
}

function description({ kind, attachedTo }: NetworkInterface): string {
  if (kind === "vpc_endpoint") return `VPC Endpoint Interface ${attachedTo}`;
  return kind === "network_load_balancer" ? `ELB ${attachedTo.split(":loadbalancer/")[1] ?? ""}` : "";
}

function interfaceRow(state: Ec2State, one: NetworkInterface): unknown {
  return {
    NetworkInterfaceId: one.id,
    OwnerId: one.owner,
    VpcId: one.vpcId,
    SubnetId: one.subnetId,
    AvailabilityZone: one.zone,
    PrivateIpAddress: one.address,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: one.address }],
    InterfaceType: one.kind,
    Status: "in-use",
    Description: description(one),
    RequesterManaged: one.kind !== "interface",
    Groups: one.groupIds.map((GroupId) => ({ GroupId, GroupName: state.groups.get(GroupId)?.name })),
  };
}
