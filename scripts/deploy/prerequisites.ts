// What must be so before anything is deployed: who deploys, the zones, the domain's certificate; and what had better be so: a trail.
import { GetHostedZoneCommand } from "@aws-sdk/client-route-53";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";

import { trailsOf } from "../../cli/doctor/trail.ts";
import type { Clients } from "./clients.ts";
import type { Stage } from "./config.ts";
import { Stop } from "./stop.ts";

export interface Ready {
  /** The deployer's ARN. */
  readonly caller: string;
  /** What works, but not as it could. */
  readonly warnings: readonly string[];
}

/** Throws one Stop that names everything in the way. */
export async function prerequisites(clients: Clients, stage: Stage): Promise<Ready> {
  const caller = await whoDeploys(clients, stage);
  const [zones, certificate, trail] = await Promise.all([missingZones(clients, stage), unfit(clients, stage), trailWarning(clients)]);
  const remedies = [
    ...(zones.length > 0 ? ["give ids of zones of this account in hostedZones"] : []),
    ...(certificate === undefined ? [] : [certificate.remedy]),
  ];
  if (remedies.length > 0)
    throw new Stop([...zones, ...(certificate === undefined ? [] : [certificate.message])].join("\n"), remedies.join("; "));
  const unheard = [
    ...(stage.alarmEmail === undefined ? ["alarmEmail is not set: nobody is mailed when an alarm rings"] : []),
    ...(stage.approverEmail === undefined ? ["approverEmail is not set: subscribe approvers to the topic ApprovalsTopicArn yourself"] : []),
    ...(stage.hostedZones.length === 0 ? ["hostedZones is empty: connections get no names"] : []),
  ];
  return { caller, warnings: [...unheard, ...trail] };
}

async function whoDeploys({ sts }: Clients, { account, stage }: Stage): Promise<string> {
  const said = await sts.send(new GetCallerIdentityCommand({})).catch((error: unknown) => {
    throw new Stop(`AWS does not know who deploys: ${messageOf(error)}`, "set AWS_PROFILE, or sign in with aws sso login");
  });
  if (said.Account !== account)
    throw new Stop(
      `The stage ${stage} belongs to the account ${account}, but these credentials are ${said.Arn ?? "of nobody"}`,
      "use credentials of that account, or mend account in the configuration",
    );
  return said.Arn ?? "";
}

async function missingZones({ route53 }: Clients, { hostedZones }: Stage): Promise<string[]> {
  const looked = await Promise.all(
    hostedZones.map(async (zone) => {
      try {
        await route53.send(new GetHostedZoneCommand({ Id: zone }));
        return undefined;
      } catch (error) {
        return `The hosted zone ${zone} cannot be read: ${messageOf(error)}`;
      }
    }),
  );
  return looked.filter((one) => one !== undefined);
}

interface Certificate {
  readonly Status?: string;
  readonly DomainName?: string;
  readonly SubjectAlternativeNames?: readonly string[];
}

/** Why the domain could not be made with its certificate; CloudFormation would find out after minutes, and bring back what was there. */
async function unfit({ acm }: Clients, { domain }: Stage): Promise<{ message: string; remedy: string } | undefined> {
  if (domain === undefined) return undefined;
  const { name, certificate: arn } = domain;
  const look = `aws acm describe-certificate --certificate-arn ${arn}`;
  try {
    const { Certificate: found = {} } = (await acm("DescribeCertificate", { CertificateArn: arn })) as { Certificate?: Certificate };
    const names = new Set([found.DomainName, ...(found.SubjectAlternativeNames ?? [])].flatMap((one) => one ?? []));
    if (found.Status !== "ISSUED")
      return {
        message: `The certificate of ${name} is ${found.Status ?? "in no state"}, not ISSUED: ${arn}`,
        remedy: `make the record that ${look} shows, and wait until it is`,
      };
    // A wildcard stands for one label.
    if (names.has(name) || names.has(name.replace(/^[^.]+/, "*"))) return undefined;
    return { message: `The certificate ${arn} is for ${[...names].join(", ")}, not for ${name}`, remedy: "give one for that name" };
  } catch (error) {
    return { message: `The certificate of ${name} cannot be read: ${messageOf(error)}`, remedy: `see ${look}` };
  }
}

const noTrail =
  "no CloudTrail trail logs management events here: what people accept or reject outside Drawbridge is still seen within a minute, but not by whom it was";

async function trailWarning(clients: Clients): Promise<string[]> {
  try {
    const trails = await trailsOf(clients.cloudTrail, clients.region);
    return trails.some(({ isOn }) => isOn) ? [] : [noTrail];
  } catch (error) {
    return [`whether a CloudTrail trail is there could not be read (${messageOf(error)}); see that one logs management events`];
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
