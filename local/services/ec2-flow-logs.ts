// Flow logs: which resources have what passes written down, and where to.

import { optionalNumber, optionalText, text, texts } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import { filtered, paged } from "./ec2-lists.ts";
import { listed } from "./ec2-network.ts";
import type { FlowLog, NetworkInterface } from "./ec2-parts.ts";
import { newId } from "./ec2-state.ts";
import type { Ec2Action, Ec2State } from "./ec2-state.ts";
import { tagRows, tagsFrom } from "./ec2-tags.ts";

/** The fields of AWS's own format, in its order. */
const FLOW_LOG_FORMAT =
  "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

export const flowLogActions: Readonly<Record<string, Ec2Action>> = {
  CreateFlowLogs: create,
  DescribeFlowLogs(state, call) {
    const found = listed(state, call, state.flowLogs, "FlowLogIds", "InvalidFlowLogId.NotFound", "flow log ID");
    const fields = {
      "flow-log-id": (one: FlowLog) => one.id,
      "resource-id": (one: FlowLog) => one.resourceId,
      "log-group-name": (one: FlowLog) => one.logGroupName,
      "traffic-type": (one: FlowLog) => one.trafficType,
      "log-destination-type": () => "cloud-watch-logs",
    };
    const named = { ...call, input: { ...call.input, Filters: call.input["Filter"] ?? call.input["Filters"] } };
    const { page, ...more } = paged(
      named,
      filtered(named, found, fields, (one) => one.tags),
    );
    return { FlowLogs: page.map(flowLogRow), ...more };
  },
  DeleteFlowLogs(state, call) {
    for (const one of listed(state, call, state.flowLogs, "FlowLogIds", "InvalidFlowLogId.NotFound", "flow log ID"))
      state.flowLogs.delete(one.id);
    return { Unsuccessful: [] };
  },
};

function create(state: Ec2State, call: Call): unknown {
  const { input, caller } = call;
  const destination = optionalText(input, "LogDestinationType") ?? "cloud-watch-logs";
  if (destination !== "cloud-watch-logs")
    throw new AwsError("InvalidParameter", `Local AWS writes flow logs to CloudWatch Logs only, not to ${destination}.`);
  if (optionalText(input, "LogFormat") !== undefined)
    throw new AwsError("InvalidParameter", "Local AWS writes flow logs in AWS's default format only.");
  const FlowLogIds = texts(input, "ResourceIds").map((resourceId) => {
    const flowLog: FlowLog = {
      id: newId("fl"),
      owner: caller.account,
      sequence: state.next(),
      resourceId,
      trafficType: optionalText(input, "TrafficType") ?? "ALL",
      logGroupName: text(input, "LogGroupName"),
      roleArn: text(input, "DeliverLogsPermissionArn"),
      interval: optionalNumber(input, "MaxAggregationInterval") ?? 600,
      createdAt: state.clock.now(),
      tags: tagsFrom(call, "vpc-flow-log"),
    };
    state.flowLogs.set(flowLog.id, flowLog);
    return flowLog.id;
  });
  return { FlowLogIds, Unsuccessful: [] };
}

/** The flow logs that take what passes this interface. */
export function flowLogsOf(state: Ec2State, nic: NetworkInterface, action: "ACCEPT" | "REJECT"): FlowLog[] {
  return [...state.flowLogs.values()].filter(
    ({ resourceId, trafficType }) =>
      [nic.vpcId, nic.subnetId, nic.id].includes(resourceId) && (trafficType === "ALL" || trafficType === action),
  );
}

function flowLogRow(one: FlowLog): unknown {
  return {
    FlowLogId: one.id,
    ResourceId: one.resourceId,
    TrafficType: one.trafficType,
    LogDestinationType: "cloud-watch-logs",
    LogGroupName: one.logGroupName,
    DeliverLogsPermissionArn: one.roleArn,
    DeliverLogsStatus: "SUCCESS",
    FlowLogStatus: "ACTIVE",
    LogFormat: FLOW_LOG_FORMAT,
    MaxAggregationInterval: one.interval,
    CreationTime: new Date(one.createdAt),
    Tags: tagRows(one.tags),
  };
}
