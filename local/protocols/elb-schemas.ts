// The few actions of Elastic Load Balancing that can be called over the wire, in the schema form of the SDK clients: its client is no
// dependency of ours. Load balancers and target groups are made by stacks only.

import { BOOLEAN, formsOf, NUMBER, STRING, STRINGS, type Types } from "./schema-forms.ts";

const { list, structure, schemas } = formsOf("com.amazonaws.elb");

const balancer = structure("LoadBalancer", {
  LoadBalancerArn: STRING,
  LoadBalancerName: STRING,
  DNSName: STRING,
  Scheme: STRING,
  Type: STRING,
  VpcId: STRING,
  State: structure("LoadBalancerState", { Code: STRING }),
  SecurityGroups: STRINGS,
  EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: STRING,
});
const attributes = list("LoadBalancerAttributes", structure("LoadBalancerAttribute", { Key: STRING, Value: STRING }));
const action = structure("Action", { Type: STRING, TargetGroupArn: STRING });
const actions = list("Actions", action);
const listener = structure("Listener", {
  ListenerArn: STRING,
  LoadBalancerArn: STRING,
  Port: NUMBER,
  Protocol: STRING,
  DefaultActions: actions,
});
const listeners = { Listeners: list("Listeners", listener) };
const healthCheck = {
  HealthCheckProtocol: STRING,
  HealthCheckPort: STRING,
  HealthCheckPath: STRING,
  Matcher: structure("Matcher", { HttpCode: STRING }),
};
const group = structure("TargetGroup", {
  TargetGroupArn: STRING,
  TargetGroupName: STRING,
  Protocol: STRING,
  Port: NUMBER,
  VpcId: STRING,
  TargetType: STRING,
  HealthCheckEnabled: BOOLEAN,
  ...healthCheck,
  LoadBalancerArns: STRINGS,
});
const groups = { TargetGroups: list("TargetGroups", group) };
const target = structure("TargetDescription", { Id: STRING, Port: NUMBER });
const registered = { TargetGroupArn: STRING, Targets: list("TargetDescriptions", target) };
const health = structure("TargetHealthDescription", {
  Target: target,
  TargetHealth: structure("TargetHealth", { State: STRING, Reason: STRING, Description: STRING }),
});
const filter = { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: STRING };

const OPERATIONS: Readonly<Record<string, readonly [input: Types, output: Types]>> = {
  DescribeLoadBalancers: [{ LoadBalancerArns: STRINGS }, { LoadBalancers: list("LoadBalancers", balancer) }],
  SetSecurityGroups: [
    { LoadBalancerArn: STRING, SecurityGroups: STRINGS, ...filter },
    { SecurityGroupIds: STRINGS, ...filter },
  ],
  DescribeLoadBalancerAttributes: [{ LoadBalancerArn: STRING }, { Attributes: attributes }],
  ModifyLoadBalancerAttributes: [{ LoadBalancerArn: STRING, Attributes: attributes }, { Attributes: attributes }],
  DescribeListeners: [{ LoadBalancerArn: STRING, ListenerArns: STRINGS }, listeners],
  CreateListener: [{ LoadBalancerArn: STRING, Protocol: STRING, Port: NUMBER, DefaultActions: actions }, listeners],
  ModifyListener: [{ ListenerArn: STRING, Protocol: STRING, Port: NUMBER, DefaultActions: actions }, listeners],
  DeleteListener: [{ ListenerArn: STRING }, {}],
  DescribeTargetGroups: [{ LoadBalancerArn: STRING, TargetGroupArns: STRINGS }, groups],
  ModifyTargetGroup: [{ TargetGroupArn: STRING, ...healthCheck }, groups],
  DescribeTargetHealth: [{ TargetGroupArn: STRING }, { TargetHealthDescriptions: list("TargetHealthDescriptions", health) }],
  RegisterTargets: [registered, {}],
  DeregisterTargets: [registered, {}],
};

export const elbSchemas = schemas(OPERATIONS);
