// What CloudTrail tells of calls on connections: an event on the default bus of the account that called.
import { randomUUID } from "node:crypto";

import type { InFlight } from "./in-flight.ts";
import type { Members } from "./members.ts";
import type { Call, Caller, Clock, Service } from "./service.ts";
import type { EventsService } from "./services/events.ts";

export interface Trail {
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly region: string;
  /** From the call to the event; on AWS it takes seconds to minutes. */
  readonly delayMs: number;
  readonly events: () => Pick<EventsService, "emit">;
  readonly record: (call: Call) => void;
  /** CloudTrail's events are best effort: true loses the next one. */
  readonly lost: () => boolean;
}

const RECORDED = new Set([
  "AcceptVpcEndpointConnections",
  "RejectVpcEndpointConnections",
  "ModifyVpcEndpointServicePermissions",
  "ModifyVpcEndpointServiceConfiguration",
  "DeleteVpcEndpointServiceConfigurations",
]);

/** The same service, with its calls recorded after they are answered. */
export function withTrail(service: Service, trail: Trail): Service {
  return {
    signingName: service.signingName,
    actions: service.actions,
    demands: (call) => service.demands(call),
    async handle(call) {
      const output = await service.handle(call);
      if (!RECORDED.has(call.action)) return output;
      trail.record(call);
      if (!trail.lost()) {
        const at = trail.clock.now();
        const end = trail.inFlight.begin();
        trail.clock.after(trail.delayMs, () => {
          const detail = recordOf(call, output, at, trail.region);
          trail.events().emit(call.caller.account, { source: "aws.ec2", detailType: "AWS API Call via CloudTrail", detail });
          end();
        });
      }
      return output;
    },
  };
}

/** The record's shape for these actions is an assumption: see README.md. */
function recordOf(call: Call, output: unknown, at: number, region: string): Members {
  const { VpcEndpointIds, ...rest } = call.input;
  const ids = Array.isArray(VpcEndpointIds) ? VpcEndpointIds.map((id) => ({ content: id as unknown })) : undefined;
  const request = ids === undefined ? rest : { ...rest, VpcEndpointId: ids.map((id, index) => ({ tag: index + 1, ...id })) };
  return {
    eventVersion: "1.10",
    userIdentity: identityOf(call.caller),
    eventTime: new Date(at).toISOString().replace(/\.\d+Z$/, "Z"),
    eventSource: "ec2.amazonaws.com",
    eventName: call.action,
    awsRegion: region,
    sourceIPAddress: "127.0.0.1",
    userAgent: "local",
    requestParameters: { [`${call.action}Request`]: request },
    responseElements: { [`${call.action}Response`]: { requestId: call.requestId, unsuccessful: output } },
    requestID: call.requestId,
    eventID: randomUUID(),
    readOnly: false,
    eventType: "AwsApiCall",
    managementEvent: true,
    recipientAccountId: call.caller.account,
    eventCategory: "Management",
  };
}

function identityOf(caller: Caller): Members {
  if (caller.role === undefined && !caller.arn.includes(":assumed-role/")) {
    return { type: "Root", principalId: caller.userId, arn: caller.arn, accountId: caller.account, accessKeyId: caller.accessKeyId };
  }
  const name = caller.arn.split("/")[1] ?? "";
  return {
    type: "AssumedRole",
    principalId: caller.userId,
    arn: caller.arn,
    accountId: caller.account,
    accessKeyId: caller.accessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: "Role",
        principalId: caller.userId.split(":")[0],
        arn: caller.role?.arn ?? `arn:aws:iam::${caller.account}:role/${name}`,
        accountId: caller.account,
        userName: name,
      },
      attributes: { mfaAuthenticated: "false" },
    },
  };
}
