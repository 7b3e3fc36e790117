// Instances and the endpoint that one reaches them by. An instance here is an address and the programs that its user data starts.

import { optionalText, rows, text, texts } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import { attach, detachAll } from "./ec2-interfaces.ts";
import { filtered, paged } from "./ec2-lists.ts";
import { checkNetwork, defaultGroup, listed, own } from "./ec2-network.ts";
import type { ConnectEndpoint, Instance, NetworkInterface } from "./ec2-parts.ts";
import { newId } from "./ec2-state.ts";
import type { Ec2Action, Ec2State } from "./ec2-state.ts";
import { tagRows, tagsFrom } from "./ec2-tags.ts";

export const instanceActions: Readonly<Record<string, Ec2Action>> = {
  RunInstances: run,
  DescribeInstances(state, call) {
    const found = listed(state, call, state.instances, "InstanceIds", "InvalidInstanceID.NotFound", "instance ID");
    const fields = {
      "instance-id": (one: Instance) => one.id,
      "instance-state-name": (one: Instance) => one.state,
      "vpc-id": (one: Instance) => state.interfaces.get(one.interfaceId)?.vpcId,
    };
    const { page, ...more } = paged(
      call,
      filtered(call, found, fields, (one) => one.tags),
    );
    const Reservations = page.map((one) => ({ OwnerId: one.owner, Instances: [instanceRow(state, one)] }));
    return { Reservations, ...more };
  },
  StopInstances: (state, call) => ({ StoppingInstances: change(state, call, "stopped") }),
  StartInstances: (state, call) => ({ StartingInstances: change(state, call, "running") }),
  TerminateInstances: (state, call) => ({ TerminatingInstances: change(state, call, "terminated") }),
  CreateInstanceConnectEndpoint(state, call) {
    const subnet = own(call, state.subnets, "SubnetId", "InvalidSubnetID.NotFound", "subnet ID");
    const id = newId("eice");
    const groups = texts(call.input, "SecurityGroupIds");
    const groupIds = groups.length === 0 ? [defaultGroup(subnet.owner, subnet.vpcId)] : groups;
    const made = attach(state, subnet.id, groupIds, { kind: "ec2_instance_connect_endpoint", attachedTo: id });
    const endpoint: ConnectEndpoint = {
      id,
      owner: subnet.owner,
      interfaceId: made?.id ?? "",
      subnetId: subnet.id,
      vpcId: subnet.vpcId,
      tags: tagsFrom(call, "instance-connect-endpoint"),
    };
    state.connectEndpoints.set(id, endpoint);
    return { InstanceConnectEndpoint: connectRow(state, endpoint) };
  },
  DeleteInstanceConnectEndpoint(state, call) {
    const noun = "instance connect endpoint ID";
    const endpoint = own(call, state.connectEndpoints, "InstanceConnectEndpointId", "InvalidInstanceConnectEndpointId.NotFound", noun);
    detachAll(state, endpoint.id);
    state.connectEndpoints.delete(endpoint.id);
    return { InstanceConnectEndpoint: connectRow(state, endpoint) };
  },
};

function run(state: Ec2State, call: Call): unknown {
  const { input, caller } = call;
  const [nic = {}] = rows(input, "NetworkInterfaces");
  const subnetId = optionalText(nic, "SubnetId") ?? text(input, "SubnetId");
  const subnet = state.subnets.get(subnetId);
  if (subnet === undefined || subnet.owner !== caller.account)
    throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${subnetId}' does not exist`);
  const given = [...texts(nic, "Groups"), ...texts(input, "SecurityGroupIds")];
  const groupIds = given.length === 0 ? [defaultGroup(caller.account, subnet.vpcId)] : given;
  checkNetwork(state, caller.account, subnet.vpcId, [subnetId], groupIds);
  const id = newId("i");
  const made = attach(state, subnetId, groupIds, { kind: "interface", attachedTo: id });
  const instance: Instance = {
    id,
    owner: caller.account,
    sequence: state.next(),
    imageId: text(input, "ImageId"),
    type: optionalText(input, "InstanceType") ?? "m1.small",
    userData: Buffer.from(optionalText(input, "UserData") ?? "", "base64").toString("utf8"),
    interfaceId: made?.id ?? "",
    launchedAt: state.clock.now(),
    state: "running",
    tags: tagsFrom(call, "instance"),
  };
  state.instances.set(id, instance);
  return { OwnerId: caller.account, Instances: [instanceRow(state, instance)] };
}

function change(state: Ec2State, call: Call, next: Instance["state"]): unknown {
  const chosen = listed(state, call, state.instances, "InstanceIds", "InvalidInstanceID.NotFound", "instance ID");
  if (texts(call.input, "InstanceIds").length === 0)
    throw new AwsError("MissingParameter", "The request must contain the parameter InstanceIds");
  return chosen.map((instance) => {
    const before = instance.state;
    if (before !== "terminated") instance.state = next;
    if (next === "terminated") detachAll(state, instance.id);
    return { InstanceId: instance.id, CurrentState: stateRow(instance.state), PreviousState: stateRow(before) };
  });
}

const CODES = { running: 16, terminated: 48, stopped: 80 } as const;
const stateRow = (Name: Instance["state"]): unknown => ({ Code: CODES[Name], Name });

/** `ip-10-0-0-4.eu-west-1.compute.internal` */
export function privateName(state: Ec2State, { address }: Pick<NetworkInterface, "address">): string {
  const place = state.region === "us-east-1" ? "ec2.internal" : `${state.region}.compute.internal`;
  return `ip-${address.replaceAll(".", "-")}.${place}`;
}

function instanceRow(state: Ec2State, instance: Instance): unknown {
  const nic = state.interfaces.get(instance.interfaceId);
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.type,
    LaunchTime: new Date(instance.launchedAt),
    State: stateRow(instance.state),
    VpcId: nic?.vpcId,
    SubnetId: nic?.subnetId,
    PrivateIpAddress: nic?.address,
    PrivateDnsName: nic === undefined ? "" : privateName(state, nic),
    PublicDnsName: "",
    Placement: { AvailabilityZone: nic?.zone },
    SecurityGroups: (nic?.groupIds ?? []).map((GroupId) => ({ GroupId, GroupName: state.groups.get(GroupId)?.name })),
    Tags: tagRows(instance.tags),
  };
}

function connectRow(state: Ec2State, one: ConnectEndpoint): unknown {
  return {
    OwnerId: one.owner,
    InstanceConnectEndpointId: one.id,
    InstanceConnectEndpointArn: `arn:aws:ec2:${state.region}:${one.owner}:instance-connect-endpoint/${one.id}`,
    State: "create-complete",
    SubnetId: one.subnetId,
    VpcId: one.vpcId,
    NetworkInterfaceIds: [one.interfaceId],
    Tags: tagRows(one.tags),
  };
}
