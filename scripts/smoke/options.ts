// What the smoke run can be told on its command line.
import { parseArgs } from "node:util";

export interface Waits {
  /** Between two looks at the same thing. */
  readonly poll: number;
  /** For a notification that ought to come. */
  readonly notified: number;
  /** After what was expected has come: for repeats, and for what ought not to come. */
  readonly quiet: number;
  /** For CloudTrail's records. */
  readonly trail: number;
  /** For deleted and rejected connections to leave the list. */
  readonly listed: number;
}

export interface Options {
  readonly clean: boolean;
  readonly yes: boolean;
  readonly keepIds: boolean;
  readonly story: boolean;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly consumer: { readonly profile: string; readonly vpc: string; readonly subnets: readonly string[] } | undefined;
  readonly hostedZone: string | undefined;
  /** What is there already, instead of a network of its own. */
  readonly given: { readonly loadBalancer: string; readonly vpc: string; readonly subnets: readonly string[] } | undefined;
  /** A VPC in another Region, of whoever asks to connect. */
  readonly elsewhere: { readonly region: string; readonly vpc: string; readonly subnets: readonly string[] } | undefined;
  /** A Gateway Load Balancer that is there already. */
  readonly gateway: string | undefined;
  readonly storm: boolean;
  /** Where the findings go. */
  readonly out: string;
  /** Where it keeps note of what it made. */
  readonly notes: string;
  readonly waits: Waits;
}

/** The command line is wrong; the message says how. */
export class WrongUsage extends Error {}

export const help = `npm run smoke:aws -- [options]

Plays Drawbridge's story in a real AWS account, in stacks of its own, writes down what AWS does where its documentation is silent,
and removes everything it made. It says first what it will make and what that costs, and asks.

  --yes                      do not ask
  --clean                    only remove what an earlier run left behind
  --profile NAME             the AWS profile of the account (else the usual AWS settings)
  --region REGION            the Region (else the usual AWS settings)
  --hosted-zone ID           make the story's name in this zone (else a private zone of its own)
  --load-balancer ARN        use this Network Load Balancer, with:
  --vpc ID --subnets A,B       where endpoints are made
  --consumer-profile NAME    ask from a second account, with:
  --consumer-vpc ID --consumer-subnets A,B
  --other-region REGION      ask from another Region too, with:
  --other-vpc ID --other-subnets A,B
  --gateway-load-balancer ARN
                             also a Gateway Load Balancer endpoint
  --storm                    also how many changes Route 53 takes; others who change records in the account feel it
  --without-story            only look at PrivateLink; Drawbridge itself is not deployed
  --keep-ids                 leave account ids as they are in the findings
  --out DIR                  where the findings go (usual: here)
  --notified-for 5m          wait so long for a notification
  --quiet-for 1m               and then so long for repeats
  --trail-for 15m              so long for CloudTrail
  --listed-for 20m             so long for deleted connections to leave the list
`;

export function readOptions(args: readonly string[], isLocal: boolean): Options | "help" {
  const values = parsed(args);
  if (values.help === true) return "help";
  const out = values.out ?? ".";
  return {
    clean: values.clean ?? false,
    yes: values.yes ?? false,
    keepIds: values["keep-ids"] ?? false,
    story: values["without-story"] !== true,
    region: values.region,
    profile: values.profile,
    consumer: consumerOf(values),
    hostedZone: values["hosted-zone"]?.replace(/^\/?hostedzone\//, ""),
    given: givenOf(values),
    elsewhere: elsewhereOf(values),
    gateway: gatewayOf(values),
    storm: values.storm ?? false,
    out,
    notes: `${out}/.smoke`,
    waits: {
      poll: isLocal ? 50 : 1000,
      notified: duration("notified-for", values["notified-for"] ?? "5m"),
      quiet: duration("quiet-for", values["quiet-for"] ?? "1m"),
      trail: duration("trail-for", values["trail-for"] ?? "15m"),
      listed: duration("listed-for", values["listed-for"] ?? "20m"),
    },
  };
}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const known = {
  help: {
    ...flag,
    short: "h",
  },
  yes: flag,
  clean: flag,
  "keep-ids": flag,
  "without-story": flag,
  storm: flag,
  profile: text,
  region: text,
  "hosted-zone": text,
  "load-balancer": text,
  vpc: text,
  subnets: text,
  out: text,
  "gateway-load-balancer": text,
  "other-region": text,
  "other-vpc": text,
  "other-subnets": text,
  "consumer-profile": text,
  "consumer-vpc": text,
  "consumer-subnets": text,
  "notified-for": text,
  "quiet-for": text,
  "trail-for": text,
  "listed-for": text,
} as const;

type Values = ReturnType<typeof parsed>;

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: known, strict: true }).values;
  } catch (error) {
    throw new WrongUsage(`${error instanceof Error ? error.message : String(error)} See npm run smoke:aws -- --help`, { cause: error });
  }
}

function givenOf(values: Values): Options["given"] {
  const { "load-balancer": loadBalancer, vpc, subnets } = values;
  if (loadBalancer === undefined && vpc === undefined && subnets === undefined) return undefined;
  if (loadBalancer === undefined || vpc === undefined || subnets === undefined)
    throw new WrongUsage("--load-balancer, --vpc and --subnets go together: give all three or none.");
  if (!/^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/net\//.test(loadBalancer))
    throw new WrongUsage(`--load-balancer ${loadBalancer} is not the ARN of a Network Load Balancer.`);
  return { loadBalancer, vpc: checked("vpc", vpc, /^vpc-[0-9a-f]+$/), subnets: subnetsOf("subnets", subnets) };
}

function consumerOf(values: Values): Options["consumer"] {
  const { "consumer-profile": profile, "consumer-vpc": vpc, "consumer-subnets": subnets } = values;
  if (profile === undefined && vpc === undefined && subnets === undefined) return undefined;
  if (profile === undefined || vpc === undefined || subnets === undefined)
    throw new WrongUsage("--consumer-profile, --consumer-vpc and --consumer-subnets go together: give all three or none.");
  return { profile, vpc: checked("consumer-vpc", vpc, /^vpc-[0-9a-f]+$/), subnets: subnetsOf("consumer-subnets", subnets) };
}

function elsewhereOf(values: Values): Options["elsewhere"] {
  const { "other-region": region, "other-vpc": vpc, "other-subnets": subnets } = values;
  if (region === undefined && vpc === undefined && subnets === undefined) return undefined;
  if (region === undefined || vpc === undefined || subnets === undefined)
    throw new WrongUsage("--other-region, --other-vpc and --other-subnets go together: give all three or none.");
  return {
    region: checked("other-region", region, /^[a-z]{2}(-[a-z]+)+-\d$/),
    vpc: checked("other-vpc", vpc, /^vpc-[0-9a-f]+$/),
    subnets: subnetsOf("other-subnets", subnets),
  };
}

function gatewayOf({ "gateway-load-balancer": gateway }: Values): string | undefined {
  if (gateway !== undefined && !/^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/gwy\//.test(gateway))
    throw new WrongUsage(`--gateway-load-balancer ${gateway} is not the ARN of a Gateway Load Balancer.`);
  return gateway;
}

const subnetsOf = (name: string, value: string): readonly string[] =>
  value
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map((one) => checked(name, one, /^subnet-[0-9a-f]+$/));

function checked(name: string, value: string, pattern: RegExp): string {
  if (!pattern.test(value)) throw new WrongUsage(`--${name} ${value} does not look right.`);
  return value;
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

function duration(name: string, value: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h)$/.exec(value) ?? [];
  if (count === undefined || unit === undefined) throw new WrongUsage(`--${name} takes a time such as 90s or 15m, not ${value}.`);
  return Number(count) * units[unit as keyof typeof units];
}
