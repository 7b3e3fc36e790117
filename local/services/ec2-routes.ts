// Route tables. Here they only hold the VPC's own route: there is no way out of a VPC but through endpoints.

import { text } from "../members.ts";
import { AwsError } from "../service.ts";
import { filtered } from "./ec2-lists.ts";
import { checkNetwork, listed, own } from "./ec2-network.ts";
import type { RouteTable } from "./ec2-parts.ts";
import { newId } from "./ec2-state.ts";
import type { Ec2Action, Ec2State } from "./ec2-state.ts";
import { tagRows, tagsFrom } from "./ec2-tags.ts";

export const routeActions: Readonly<Record<string, Ec2Action>> = {
  CreateRouteTable(state, call) {
    const vpcId = text(call.input, "VpcId");
    checkNetwork(state, call.caller.account, vpcId, [], []);
    const table: RouteTable = {
      id: newId("rtb"),
      owner: call.caller.account,
      vpcId,
      associations: new Map(),
      tags: tagsFrom(call, "route-table"),
    };
    state.routeTables.set(table.id, table);
    return { RouteTable: tableRow(state, table) };
  },
  DescribeRouteTables(state, call) {
    const found = listed(state, call, state.routeTables, "RouteTableIds", "InvalidRouteTableID.NotFound", "routeTable ID");
    const fields = { "vpc-id": (one: RouteTable) => one.vpcId, "route-table-id": (one: RouteTable) => one.id };
    return { RouteTables: filtered(call, found, fields, (one) => one.tags).map((one) => tableRow(state, one)) };
  },
  AssociateRouteTable(state, call) {
    const table = own(call, state.routeTables, "RouteTableId", "InvalidRouteTableID.NotFound", "routeTable ID");
    const subnet = own(call, state.subnets, "SubnetId", "InvalidSubnetID.NotFound", "subnet ID");
    if (subnet.vpcId !== table.vpcId)
      throw new AwsError("InvalidParameterValue", `Route table ${table.id} and subnet ${subnet.id} belong to different networks`);
    const AssociationId = newId("rtbassoc");
    table.associations.set(AssociationId, subnet.id);
    return { AssociationId, AssociationState: { State: "associated" } };
  },
  DisassociateRouteTable(state, call) {
    const id = text(call.input, "AssociationId");
    const table = [...state.routeTables.values()].find((one) => one.owner === call.caller.account && one.associations.delete(id));
    if (table === undefined) throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`);
    return {};
  },
  DeleteRouteTable(state, call) {
    const table = own(call, state.routeTables, "RouteTableId", "InvalidRouteTableID.NotFound", "routeTable ID");
    if (table.associations.size > 0)
      throw new AwsError("DependencyViolation", `The routeTable '${table.id}' has dependencies and cannot be deleted.`);
    state.routeTables.delete(table.id);
    return {};
  },
};

function tableRow(state: Ec2State, table: RouteTable): unknown {
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: table.owner,
    Routes: [
      {
        DestinationCidrBlock: state.vpcs.get(table.vpcId)?.cidr,
        GatewayId: "local",
        State: "active",
        Origin: "CreateRouteTable",
      },
    ],
    Associations: [...table.associations].map(([RouteTableAssociationId, SubnetId]) => ({
      RouteTableAssociationId,
      SubnetId,
      RouteTableId: table.id,
      Main: false,
      AssociationState: { State: "associated" },
    })),
    Tags: tagRows(table.tags),
  };
}
