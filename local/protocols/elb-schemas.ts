// The few actions of Elastic Load Balancing that can be called over the wire, in the schema form of the SDK clients: its client is no
// dependency of ours. Load balancers are made by stacks only.

const NS = "com.amazonaws.elb";
const STRING = 0;
const NUMBER = 1;
const STRINGS = 64;

const State$ = [3, NS, "LoadBalancerState", 0, ["Code"], [STRING]];
const Balancer$ = [
  3,
  NS,
  "LoadBalancer",
  0,
  [
    "LoadBalancerArn",
    "LoadBalancerName",
    "DNSName",
    "Scheme",
    "Type",
    "VpcId",
    "State",
    "SecurityGroups",
    "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
  ],
  [STRING, STRING, STRING, STRING, STRING, STRING, () => State$, STRINGS, STRING],
];
const Group$ = [
  3,
  NS,
  "TargetGroup",
  0,
  ["TargetGroupArn", "TargetGroupName", "Protocol", "Port", "VpcId", "TargetType", "LoadBalancerArns"],
  [STRING, STRING, STRING, NUMBER, STRING, STRING, STRINGS],
];
const Target$ = [3, NS, "TargetDescription", 0, ["Id", "Port"], [STRING, NUMBER]];
const Health$ = [3, NS, "TargetHealth", 0, ["State", "Reason", "Description"], [STRING, STRING, STRING]];
const TargetHealth$ = [3, NS, "TargetHealthDescription", 0, ["Target", "TargetHealth"], [() => Target$, () => Health$]];

const list = (name: string, item: unknown): unknown => [1, NS, name, 0, item];
const structure = (name: string, names: readonly string[], types: readonly unknown[]): unknown => [3, NS, name, 0, names, types];
const operation = (name: string, input: unknown, output: unknown): unknown => [9, NS, name, 0, () => input, () => output];

export const elbSchemas: Readonly<Record<string, unknown>> = {
  DescribeLoadBalancers$: operation(
    "DescribeLoadBalancers",
    structure("DescribeLoadBalancersInput", ["LoadBalancerArns"], [STRINGS]),
    structure("DescribeLoadBalancersOutput", ["LoadBalancers"], [list("LoadBalancers", () => Balancer$)]),
  ),
  DescribeTargetGroups$: operation(
    "DescribeTargetGroups",
    structure("DescribeTargetGroupsInput", ["LoadBalancerArn", "TargetGroupArns"], [STRING, STRINGS]),
    structure("DescribeTargetGroupsOutput", ["TargetGroups"], [list("TargetGroups", () => Group$)]),
  ),
  DescribeTargetHealth$: operation(
    "DescribeTargetHealth",
    structure("DescribeTargetHealthInput", ["TargetGroupArn"], [STRING]),
    structure("DescribeTargetHealthOutput", ["TargetHealthDescriptions"], [list("TargetHealthDescriptions", () => TargetHealth$)]),
  ),
};
