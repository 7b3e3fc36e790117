// The actions of CloudFormation that local AWS has, in the schema form of the SDK clients: its client is no dependency of ours.

const NS = "com.amazonaws.cloudformation";
const STRING = 0;
const TIMESTAMP = 4;

const Parameter$ = [3, NS, "Parameter", 0, ["ParameterKey", "ParameterValue"], [STRING, STRING]];
const Parameters$ = [1, NS, "Parameters", 0, () => Parameter$];
const Output$ = [3, NS, "Output", 0, ["OutputKey", "OutputValue", "Description"], [STRING, STRING, STRING]];
const Outputs$ = [1, NS, "Outputs", 0, () => Output$];
const Stack$ = [
  3,
  NS,
  "Stack",
  0,
  ["StackId", "StackName", "StackStatus", "CreationTime", "Parameters", "Outputs"],
  [STRING, STRING, STRING, TIMESTAMP, () => Parameters$, () => Outputs$],
];
const Stacks$ = [1, NS, "Stacks", 0, () => Stack$];
const resourceMembers = ["StackId", "StackName", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "ResourceStatus", "Timestamp"];
const resourceTypes = [STRING, STRING, STRING, STRING, STRING, STRING, TIMESTAMP];
const StackResource$ = [3, NS, "StackResource", 0, resourceMembers, resourceTypes];
const StackResources$ = [1, NS, "StackResources", 0, () => StackResource$];
const summaryMembers = ["LogicalResourceId", "PhysicalResourceId", "ResourceType", "ResourceStatus", "LastUpdatedTimestamp"];
const StackResourceSummary$ = [3, NS, "StackResourceSummary", 0, summaryMembers, [STRING, STRING, STRING, STRING, TIMESTAMP]];
const StackResourceSummaries$ = [1, NS, "StackResourceSummaries", 0, () => StackResourceSummary$];

const input = (name: string, members: readonly string[]): readonly unknown[] => [3, NS, name, 0, members, members.map(() => STRING)];
const describeStacksInput = input("DescribeStacksInput", ["StackName", "NextToken"]);
const listInput = input("ListStackResourcesInput", ["StackName", "NextToken"]);
const resourcesInput = input("DescribeStackResourcesInput", ["StackName", "LogicalResourceId", "PhysicalResourceId"]);
const DescribeStacksOutput$ = [3, NS, "DescribeStacksOutput", 0, ["Stacks", "NextToken"], [() => Stacks$, STRING]];
const ListStackResourcesOutput$ = [
  3,
  NS,
  "ListStackResourcesOutput",
  0,
  ["StackResourceSummaries", "NextToken"],
  [() => StackResourceSummaries$, STRING],
];
const DescribeStackResourcesOutput$ = [3, NS, "DescribeStackResourcesOutput", 0, ["StackResources"], [() => StackResources$]];

export const cloudFormationSchemas: Readonly<Record<string, unknown>> = {
  DescribeStacks$: [9, NS, "DescribeStacks", 0, () => describeStacksInput, () => DescribeStacksOutput$],
  ListStackResources$: [9, NS, "ListStackResources", 0, () => listInput, () => ListStackResourcesOutput$],
  DescribeStackResources$: [9, NS, "DescribeStackResources", 0, () => resourcesInput, () => DescribeStackResourcesOutput$],
};
