// What a consumer needs to connect: the service's name, its Regions, and commands and templates that run as they are.

import { labelOf, type Entry } from "../lib/allow-list.ts";
import { conditionWords } from "../lib/entry-words.ts";
import type { ServiceFacts } from "../lib/ports.ts";
import type { Service } from "../lib/service.ts";
import type { Verdict } from "../lib/events.ts";
import { optional } from "../lib/optional.ts";
import { associateCommand } from "../lib/vpcs.ts";

export interface Invitation {
  readonly serviceName: string;
  readonly region: string;
  /** Where an endpoint may be: the service's own Region first. */
  readonly regions: readonly string[];
  /** Where the consumer is found once it is connected. */
  readonly name?: string;
  /** What the entry demands, in words. */
  readonly conditions?: string;
  readonly awsCli: string;
  readonly terraform: string;
  readonly cloudFormation: string;
  /** After acceptance, where the service has a private DNS name of its own. */
  readonly privateDns: string;
  /** That name, when AWS has verified it. */
  readonly privateDnsName?: string;
  /** Where the names are in a private zone and the entry names the consumer's VPC. */
  readonly associate?: string;
}

/** The letter as RFC 5322 has mail: its first line, which stands for itself, is the subject too. */
export function asMailTo(address: string, letter: string): string {
  const [first = ""] = letter.split("\n");
  const subject = `=?utf-8?B?${Buffer.from(first).toString("base64")}?=`;
  const plain = /^[ -~]*$/.test(first);
  return [
    `To: ${address}`,
    `Subject: ${plain ? first : subject}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    letter,
  ].join("\n");
}

/** `com.amazonaws.vpce.<Region>.<id>` tells the Region. */
const regionOf = (serviceName: string): string => serviceName.split(".").at(-2) ?? "";

export function invitationOf(entry: Entry, service: Service, facts: ServiceFacts | undefined): Invitation | undefined {
  const serviceName = service.serviceName ?? facts?.serviceName;
  if (serviceName === undefined) return undefined;
  const region = regionOf(serviceName);
  const allowed = entry.conditions.regions;
  const offered = [region, ...(facts?.regions ?? []).filter((other) => other !== region)];
  const regions = allowed === undefined ? offered : offered.filter((one) => allowed.includes(one));
  const at = regions[0] ?? region;
  const label = labelOf(entry);
  const conditions = conditionWords(entry);
  const from = { serviceName, region, at, ...optional("ipType", entry.conditions.ipAddressTypes?.[0]) };
  return {
    serviceName,
    region,
    regions,
    ...(label === undefined || service.zone === undefined ? {} : { name: `${label}.${service.zone.name}` }),
    ...(conditions === "" ? {} : { conditions }),
    awsCli: awsCli(from),
    terraform: terraform(from),
    cloudFormation: cloudFormation(from),
    ...(entry.vpc === undefined || service.zone?.isPrivate !== true ? {} : { associate: associateCommand(service.zone.id, entry.vpc) }),
    ...(service.privateDns?.state === "verified" ? { privateDnsName: service.privateDns.name } : {}),
    privateDns: `aws ec2 modify-vpc-endpoint --region ${at} --vpc-endpoint-id "$ENDPOINT" --private-dns-enabled`,
  };
}

interface From {
  readonly serviceName: string;
  readonly region: string;
  /** The consumer's Region. */
  readonly at: string;
  /** Where the entry demands one; without it, AWS takes the subnets'. */
  readonly ipType?: string;
}

function awsCli({ serviceName, region, at, ipType }: From): string {
  return [
    "VPC=vpc-…  SUBNETS='subnet-… subnet-…'  GROUP=sg-…",
    `ENDPOINT=$(aws ec2 create-vpc-endpoint --region ${at} --vpc-endpoint-type Interface \\`,
    `  --service-name ${serviceName} \\`,
    ...(at === region ? [] : [`  --service-region ${region} \\`]),
    ...(ipType === undefined ? [] : [`  --ip-address-type ${ipType} \\`]),
    '  --vpc-id "$VPC" --subnet-ids $SUBNETS --security-group-ids "$GROUP" \\',
    "  --query VpcEndpoint.VpcEndpointId --output text)",
    `aws ec2 describe-vpc-endpoints --region ${at} --vpc-endpoint-ids "$ENDPOINT" --query 'VpcEndpoints[0].State'`,
  ].join("\n");
}

function terraform({ serviceName, region, at, ipType }: From): string {
  return [
    'variable "vpc_id" { type = string }',
    'variable "subnet_ids" { type = list(string) }',
    'variable "security_group_ids" { type = list(string) }',
    "",
    'resource "aws_vpc_endpoint" "this" {',
    '  vpc_endpoint_type   = "Interface"',
    `  service_name        = "${serviceName}"`,
    ...(at === region ? [] : [`  service_region      = "${region}"`]),
    ...(ipType === undefined ? [] : [`  ip_address_type     = "${ipType}"`]),
    "  vpc_id              = var.vpc_id",
    "  subnet_ids          = var.subnet_ids",
    "  security_group_ids  = var.security_group_ids",
    "  private_dns_enabled = false # true only after acceptance",
    "}",
  ].join("\n");
}

function cloudFormation({ serviceName, region, at, ipType }: From): string {
  return [
    "Parameters:",
    "  Vpc: { Type: AWS::EC2::VPC::Id }",
    "  Subnets: { Type: List<AWS::EC2::Subnet::Id> }",
    "  Groups: { Type: List<AWS::EC2::SecurityGroup::Id> }",
    "Resources:",
    "  Endpoint:",
    "    Type: AWS::EC2::VPCEndpoint",
    "    Properties:",
    "      VpcEndpointType: Interface",
    `      ServiceName: ${serviceName}`,
    ...(at === region ? [] : [`      ServiceRegion: ${region}`]),
    ...(ipType === undefined ? [] : [`      IpAddressType: ${ipType}`]),
    "      VpcId: !Ref Vpc",
    "      SubnetIds: !Ref Subnets",
    "      SecurityGroupIds: !Ref Groups",
    "      PrivateDnsEnabled: false # true only after acceptance",
  ].join("\n");
}

/** The whole as a letter that can be sent on as it is. */
export function letterOf(entry: Entry, invitation: Invitation, verdict: Verdict = "accept"): string {
  const { serviceName, region, regions, name, conditions } = invitation;
  const account = entry.principal.replace(/^[a-z]+#/, "");
  return [
    `${entry.name ?? account}: you may connect to ${serviceName}`,
    "",
    `Account:  ${account}`,
    `Service:  ${serviceName} in ${region}`,
    `Connect:  from ${regions.join(", ")}`,
    ...(conditions === undefined ? [] : [`Demanded: ${conditions}`]),
    ...(name === undefined ? [] : [`Name:     ${name}, as soon as you are connected`]),
    "",
    verdict === "accept"
      ? "Your request is accepted automatically, mostly within seconds. Choose one of three ways:"
      : "Your request waits until it is decided about. Choose one of three ways:",
    ...(regions.length < 2
      ? []
      : [
          `They are for ${regions[0] ?? region}. From another Region, put that one in its place, and say where the service is:`,
          `--service-region ${region}, service_region = "${region}" or ServiceRegion: ${region}.`,
        ]),
    "",
    "1. AWS CLI",
    "",
    invitation.awsCli,
    "",
    "2. Terraform",
    "",
    invitation.terraform,
    "",
    "3. CloudFormation",
    "",
    invitation.cloudFormation,
    "",
    ...(invitation.privateDnsName === undefined
      ? [
          "Private DNS: AWS refuses it while the request waits. Once the state is available, and if the service has a private DNS",
          "name of its own:",
        ]
      : [
          `Private DNS: AWS refuses it while the request waits. Once the state is available, this makes ${invitation.privateDnsName} lead to`,
          "your endpoint:",
        ]),
    "",
    invitation.privateDns,
    "",
    "In Terraform set private_dns_enabled = true, in CloudFormation PrivateDnsEnabled: true, and apply or update once more.",
    ...(invitation.associate === undefined
      ? []
      : [
          "",
          `The name is in a private zone. Once connected, let your VPC ${entry.vpc?.id ?? ""} see it, from its own account:`,
          "",
          invitation.associate,
        ]),
  ].join("\n");
}
