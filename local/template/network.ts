// AWS::EC2: the network of a stack, its instances, and PrivateLink's two ends.
import { flag, isMembers, optionalText, record, rows, text, texts, type Members } from "../members.ts";
import { AwsError } from "../service.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

export const NETWORK: Makers = {
  async "AWS::EC2::VPC"(declared, workshop) {
    const { properties } = declared;
    const asked = { CidrBlock: text(properties, "CidrBlock"), ...tagged(declared, "vpc") };
    const { Vpc } = await workshop.call("ec2", "CreateVpc", asked);
    const VpcId = idIn(Vpc, "VpcId");
    await setDns(workshop, VpcId, declared);
    const made: Made = {
      ref: VpcId,
      attributes: { VpcId, CidrBlock: asked.CidrBlock },
      change: (next) => setDns(workshop, VpcId, next).then(() => made),
      remove: () => workshop.call("ec2", "DeleteVpc", { VpcId }),
    };
    return made;
  },
  async "AWS::EC2::Subnet"(declared, workshop) {
    const { properties } = declared;
    const { Subnet } = await workshop.call("ec2", "CreateSubnet", {
      ...only(properties, "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId"),
      ...tagged(declared, "subnet"),
    });
    const SubnetId = idIn(Subnet, "SubnetId");
    const row = isMembers(Subnet) ? Subnet : {};
    return {
      ref: SubnetId,
      attributes: { SubnetId, ...only(row, "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId") },
      remove: () => workshop.call("ec2", "DeleteSubnet", { SubnetId }),
    };
  },
  async "AWS::EC2::RouteTable"(declared, workshop) {
    const asked = { VpcId: text(declared.properties, "VpcId"), ...tagged(declared, "route-table") };
    const { RouteTable } = await workshop.call("ec2", "CreateRouteTable", asked);
    const RouteTableId = idIn(RouteTable, "RouteTableId");
    return { ref: RouteTableId, attributes: { RouteTableId }, remove: () => workshop.call("ec2", "DeleteRouteTable", { RouteTableId }) };
  },
  async "AWS::EC2::SubnetRouteTableAssociation"({ properties }, workshop) {
    const { AssociationId } = await workshop.call("ec2", "AssociateRouteTable", only(properties, "RouteTableId", "SubnetId"));
    const id = String(AssociationId);
    return { ref: id, attributes: { Id: id }, remove: () => workshop.call("ec2", "DisassociateRouteTable", { AssociationId: id }) };
  },
  "AWS::EC2::SecurityGroup": securityGroup,
  async "AWS::EC2::Instance"(declared, workshop) {
    const { properties } = declared;
    const nics = rows(properties, "NetworkInterfaces").map((nic) => ({ ...nic, Groups: texts(nic, "GroupSet") }));
    const { Instances } = await workshop.call("ec2", "RunInstances", {
      ...only(properties, "ImageId", "InstanceType", "SubnetId", "SecurityGroupIds", "UserData"),
      MinCount: 1,
      MaxCount: 1,
      ...(nics.length === 0 ? {} : { NetworkInterfaces: nics }),
      ...tagged(declared, "instance"),
    });
    const [row = {}] = rows({ Instances }, "Instances");
    const InstanceId = text(row, "InstanceId");
    return {
      ref: InstanceId,
      attributes: {
        InstanceId,
        PrivateIp: row["PrivateIpAddress"],
        PrivateDnsName: row["PrivateDnsName"],
        AvailabilityZone: record(row, "Placement")["AvailabilityZone"],
        VpcId: row["VpcId"],
      },
      remove: () => workshop.call("ec2", "TerminateInstances", { InstanceIds: [InstanceId] }),
    };
  },
  async "AWS::EC2::InstanceConnectEndpoint"(declared, workshop) {
    const asked = { ...only(declared.properties, "SubnetId", "SecurityGroupIds"), ...tagged(declared, "instance-connect-endpoint") };
    const { InstanceConnectEndpoint } = await workshop.call("ec2", "CreateInstanceConnectEndpoint", asked);
    const InstanceConnectEndpointId = idIn(InstanceConnectEndpoint, "InstanceConnectEndpointId");
    return {
      ref: InstanceConnectEndpointId,
      attributes: { Id: InstanceConnectEndpointId },
      remove: () => workshop.call("ec2", "DeleteInstanceConnectEndpoint", { InstanceConnectEndpointId }),
    };
  },
  "AWS::EC2::FlowLog": flowLog,
  "AWS::EC2::VPCEndpointService": endpointService,
  "AWS::EC2::VPCEndpointServicePermissions": endpointServicePermissions,
  "AWS::EC2::VPCEndpoint": endpoint,
};

/** Left out, they are as AWS makes a VPC: answers, and no host names. */
async function setDns(workshop: Workshop, VpcId: string, { properties }: Declared): Promise<void> {
  for (const [name, otherwise] of [
    ["EnableDnsSupport", true],
    ["EnableDnsHostnames", false],
  ] as const) {
    const Value = properties[name] === undefined ? otherwise : flag(properties, name);
    await workshop.call("ec2", "ModifyVpcAttribute", { VpcId, [name]: { Value } });
  }
}

async function securityGroup(declared: Declared, workshop: Workshop): Promise<Made> {
  const { properties } = declared;
  const { GroupId } = await workshop.call("ec2", "CreateSecurityGroup", {
    GroupName: optionalText(properties, "GroupName") ?? workshop.physicalName(declared.logicalId, 255),
    Description: text(properties, "GroupDescription"),
    ...only(properties, "VpcId"),
    ...tagged(declared, "security-group"),
  });
  const id = String(GroupId);
  const everything = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  const rulesOf = ({ properties: given }: Declared): readonly (readonly [string, readonly unknown[]])[] => [
    ["Ingress", rows(given, "SecurityGroupIngress").map(permission)],
    ["Egress", given["SecurityGroupEgress"] === undefined ? everything : rows(given, "SecurityGroupEgress").map(permission)],
  ];
  const change = async (verb: "Authorize" | "Revoke", rules: ReturnType<typeof rulesOf>): Promise<void> => {
    for (const [direction, IpPermissions] of rules)
      if (IpPermissions.length > 0) await workshop.call("ec2", `${verb}SecurityGroup${direction}`, { GroupId: id, IpPermissions });
  };
  const made = (now: Declared): Made => ({
    ref: id,
    attributes: { GroupId: id, Id: id, VpcId: properties["VpcId"] },
    async change(next) {
      await change("Revoke", rulesOf(now));
      await change("Authorize", rulesOf(next));
      return made(next);
    },
    remove: () => workshop.call("ec2", "DeleteSecurityGroup", { GroupId: id }),
  });
  await change("Revoke", [["Egress", everything]]);
  await change("Authorize", rulesOf(declared));
  return made(declared);
}

/** A rule of a template, as the API takes it. */
function permission(rule: Members): Members {
  const Description = optionalText(rule, "Description");
  const more = Description === undefined ? {} : { Description };
  const cidr = optionalText(rule, "CidrIp");
  const group = optionalText(rule, "SourceSecurityGroupId") ?? optionalText(rule, "DestinationSecurityGroupId");
  return {
    ...only(rule, "IpProtocol", "FromPort", "ToPort"),
    ...(cidr === undefined ? {} : { IpRanges: [{ CidrIp: cidr, ...more }] }),
    ...(group === undefined ? {} : { UserIdGroupPairs: [{ GroupId: group, ...more }] }),
  };
}

async function flowLog(declared: Declared, workshop: Workshop): Promise<Made> {
  const { properties } = declared;
  const LogGroupName = text(properties, "LogGroupName");
  // Its role may make the group; here that is done at once, so that looking into it finds it empty and not missing.
  await workshop.call("logs", "CreateLogGroup", { logGroupName: LogGroupName }).catch((error: unknown) => {
    if (!(error instanceof AwsError && error.code === "ResourceAlreadyExistsException")) throw error;
  });
  const { FlowLogIds } = await workshop.call("ec2", "CreateFlowLogs", {
    ...only(
      properties,
      "ResourceType",
      "TrafficType",
      "MaxAggregationInterval",
      "LogDestinationType",
      "LogGroupName",
      "DeliverLogsPermissionArn",
      "LogFormat",
    ),
    ResourceIds: [text(properties, "ResourceId")],
    ...tagged(declared, "vpc-flow-log"),
  });
  const [id = ""] = texts({ FlowLogIds }, "FlowLogIds");
  return { ref: id, attributes: { Id: id }, remove: () => workshop.call("ec2", "DeleteFlowLogs", { FlowLogIds: [id] }) };
}

async function endpointService(declared: Declared, workshop: Workshop): Promise<Made> {
  const { properties } = declared;
  const { ServiceConfiguration } = await workshop.call("ec2", "CreateVpcEndpointServiceConfiguration", {
    ...only(
      properties,
      "AcceptanceRequired",
      "NetworkLoadBalancerArns",
      "GatewayLoadBalancerArns",
      "PrivateDnsName",
      "SupportedIpAddressTypes",
      "SupportedRegions",
    ),
    ...tagged(declared, "vpc-endpoint-service"),
  });
  const ServiceId = idIn(ServiceConfiguration, "ServiceId");
  const made = (now: Declared): Made => ({
    ref: ServiceId,
    attributes: { ServiceId },
    async change(next) {
      const name = optionalText(next.properties, "PrivateDnsName");
      const dropped = name === undefined && optionalText(now.properties, "PrivateDnsName") !== undefined;
      await workshop.call("ec2", "ModifyVpcEndpointServiceConfiguration", {
        ServiceId,
        AcceptanceRequired: flag(next.properties, "AcceptanceRequired"),
        ...(name === undefined ? {} : { PrivateDnsName: name }),
        ...(dropped ? { RemovePrivateDnsName: true } : {}),
      });
      return made(next);
    },
    remove: () => unlessUnsuccessful(workshop, "DeleteVpcEndpointServiceConfigurations", { ServiceIds: [ServiceId] }),
  });
  return made(declared);
}

async function endpointServicePermissions(declared: Declared, workshop: Workshop): Promise<Made> {
  const ServiceId = text(declared.properties, "ServiceId");
  const set = async (AddAllowedPrincipals: readonly string[], RemoveAllowedPrincipals: readonly string[]): Promise<void> => {
    await workshop.call("ec2", "ModifyVpcEndpointServicePermissions", { ServiceId, AddAllowedPrincipals, RemoveAllowedPrincipals });
  };
  const made = (now: readonly string[]): Made => ({
    ref: ServiceId,
    async change(next) {
      const wanted = texts(next.properties, "AllowedPrincipals");
      await set(
        wanted.filter((one) => !now.includes(one)),
        now.filter((one) => !wanted.includes(one)),
      );
      return made(wanted);
    },
    remove: () => set([], now),
  });
  const principals = texts(declared.properties, "AllowedPrincipals");
  await set(principals, []);
  return made(principals);
}

const CHANGEABLE = ["SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled", "IpAddressType", "PolicyDocument"] as const;

async function endpoint(declared: Declared, workshop: Workshop): Promise<Made> {
  const { properties } = declared;
  if (optionalText(properties, "VpcEndpointType") !== "Interface") refuse(declared, "local AWS makes interface endpoints only.");
  const { VpcEndpoint } = await workshop.call("ec2", "CreateVpcEndpoint", {
    ...only(properties, "VpcEndpointType", "VpcId", "ServiceName", ...CHANGEABLE),
    ...tagged(declared, "vpc-endpoint"),
  });
  const id = idIn(VpcEndpoint, "VpcEndpointId");
  const row = isMembers(VpcEndpoint) ? VpcEndpoint : {};
  const DnsEntries = rows(row, "DnsEntries").map((entry) => `${text(entry, "HostedZoneId")}:${text(entry, "DnsName")}`);
  const made = (now: Declared): Made => ({
    ref: id,
    attributes: { Id: id, DnsEntries, NetworkInterfaceIds: row["NetworkInterfaceIds"] },
    async change(next) {
      const [was, wanted] = [now.properties, next.properties];
      await workshop.call("ec2", "ModifyVpcEndpoint", {
        VpcEndpointId: id,
        ...(wanted["PrivateDnsEnabled"] === was["PrivateDnsEnabled"] ? {} : { PrivateDnsEnabled: flag(wanted, "PrivateDnsEnabled") }),
        ...difference("SubnetIds", was, wanted),
        ...difference("SecurityGroupIds", was, wanted),
      });
      return made(next);
    },
    remove: () => unlessUnsuccessful(workshop, "DeleteVpcEndpoints", { VpcEndpointIds: [id] }),
  });
  return made(declared);
}

function difference(name: string, before: Members, after: Members): Members {
  const [was, wanted] = [texts(before, name), texts(after, name)];
  return { [`Add${name}`]: wanted.filter((one) => !was.includes(one)), [`Remove${name}`]: was.filter((one) => !wanted.includes(one)) };
}

/** HTTP 200 with something in Unsuccessful is a refusal. */
async function unlessUnsuccessful(workshop: Workshop, action: string, input: Members): Promise<void> {
  const [first] = rows(await workshop.call("ec2", action, input), "Unsuccessful");
  if (first === undefined) return;
  const { Code, Message } = record(first, "Error");
  if (!String(Code).endsWith("NotFound")) throw new AwsError(String(Code), String(Message));
}

const idIn = (row: unknown, name: string): string => text(isMembers(row) ? row : {}, name);

export function only(properties: Members, ...names: readonly string[]): Members {
  return Object.fromEntries(names.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]));
}

function tagged({ properties }: Declared, ResourceType: string): Members {
  const Tags = rows(properties, "Tags");
  return Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType, Tags }] };
}
