// Policy files of which one thing is another, and whether the editors' schema and the parser say the same of them.

import { Ajv } from "ajv";
import { parse, stringify } from "yaml";
import { readPolicy } from "../../cli/policy-file.ts";
import { policySchema } from "../../scripts/policy-schema.ts";

const schema = new Ajv({ allowUnionTypes: true }).compile(policySchema());

/** Whether an editor would underline nothing. */
export const fits = (text: string): boolean => schema(parse(text));
/** Whether the file is read without a mistake. */
export function isRead(text: string): boolean {
  try {
    readPolicy(text, "policy.yml");
    return true;
  } catch {
    return false;
  }
}

const service = "vpce-svc-0123456789abcdef0";
/** Every field that there is, each in its right form. */
export const full = {
  services: {
    [service]: {
      mode: "enforce",
      zone: "privatelink.example.com",
      privateDnsName: "*.api.example.com",
      outsideAccept: "keep",
      onRemoval: "24h",
      onReject: "keep",
      onExpiry: "365d",
      expiryNoticeHours: 48,
      permissions: "follow",
      asking: {
        approvers: ["ann", "ben"],
        quorum: 2,
        openDays: 3,
        remindHours: [1, 24],
        escalateTo: ["cyd"],
        escalateAfterHours: 8,
        silence: "reject",
        emailProof: "link",
        accountAnswers: true,
      },
    },
  },
  released: ["vpce-svc-0123456789abcdef1"],
  approvers: {
    ann: { email: "ann@example.com", slack: "U0123ABCDEF", arn: "arn:aws:iam::111111111111:user/ann" },
    ben: { arn: "arn:aws:sts::111111111111:assumed-role/Ops/ben" },
    cyd: {},
  },
  entries: [
    {
      service,
      principal: "222222222222",
      verdict: "accept",
      name: "Acme Ltd",
      label: "acme",
      vpc: { id: "vpc-0123456789abcdef0", region: "eu-west-1" },
      contact: "ops@acme.example",
      purpose: "payments",
      ticket: "NET-42",
      labels: { team: "payments", tier: "gold" },
      conditions: {
        regions: ["eu-west-1", "us-gov-west-1"],
        ipAddressTypes: ["ipv4", "dualstack", "ipv6"],
        notBefore: "2026-01-01",
        expires: "2027-12-31T18:00:00Z",
        atMost: 3,
      },
      asking: {
        approvers: ["ann"],
        quorum: 1,
        openDays: 1,
        remindHours: [],
        escalateTo: ["ben"],
        escalateAfterHours: 1,
        silence: "keep",
        emailProof: "code",
        accountAnswers: false,
      },
      onExpiry: "now",
    },
    { service: "*", principal: "any", verdict: "reject", disconnect: "7d" },
    { service: "*", principal: "ou-ab12-cdefgh34", verdict: "ask" },
    { service: "*", principal: "o-abcdefghij", verdict: "ask" },
    { service, principal: "vpce-0123456789abcdef0", verdict: "ask" },
  ],
};

const scalars = [
  ["x", " ", "keep", "now", "none", "usual", "*", "any", "ann", "-ann", "approvers", "A", "5", "true", "yes"],
  ["0h", "1h", "8760h", "8761h", "0365d", "366d", "24 h", "h"],
  ["2026-12-31", "2026-13-01", "2026-12-32", "2026-12-31T18:00", "2026-12-31T24:00:00Z", "2026-12-31T18:00:00.5+01:00", "31.12.2026"],
  ["222222222222", "22222222222", "account#222222222222", "account#vpce-0123456789abcdef0", "endpoint#vpce-0123456789abcdef0"],
  ["vpce-0123456789abcdef0", "vpce-svc-0123456789abcdef0", "vpce-svc-1", "vpc-0123456789abcdef0", "ou-ab12-cdefgh34", "o-1"],
  ["eu-west-1", "eu-west", "Ireland", "ipv4", "ipv5", "accept", "perhaps", "enforce", "follow", "code"],
  ["ann@example.com", " ann@example.com ", "U0123ABCDEF", "u1", "arn:aws:iam::111111111111:user/ann", "arn:aws:iam::1:user/ann"],
  ["api.example.com", "*.example.com", "API.example.com", `${"a".repeat(60)}.`.repeat(5)],
  [63, 64, 257].map((length) => "a".repeat(length)),
].flat();
const numbers = [0, 1, 2, 20, 21, 365, 366, 8760, 8761, 1_000_000, 1_000_001, -1, 1.5, 222_222_222_222, 1_222_222_222_222];
const lists = [[], [[]], [{}], ["ann"], ["ann", "ann"], ["eu-west-1"], ["ipv4"], [1], Array.from({ length: 51 }, () => "ann")];
const objects = [
  {},
  { x: "y" },
  { service: "*", principal: "any", verdict: "ask" },
  { approvers: ["ann"] },
  { quorum: 1 },
  { id: "vpc-0123456789abcdef0" },
];
export const values: readonly unknown[] = [...scalars, ...numbers, true, false, null, ...lists, ...objects];
export const names = [
  ["x", "A", "5", "", "ann", service, "vpce-svc-1"],
  ["label", "mode", "zone", "asking", "service", "regions", "quorum", "email"],
].flat();

export interface Place {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}
function placesIn(value: unknown, path: Place["path"] = []): Place[] {
  const inner = Array.isArray(value)
    ? value.flatMap((one, index) => placesIn(one, [...path, index]))
    : typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, one]) => placesIn(one, [...path, name]))
      : [];
  return [{ path, value }, ...inner];
}

type Container = Record<string | number, unknown>;
/** The document with one place of it made another, a name added, or taken away. */
export type Change = { readonly to: unknown } | { readonly add: string; readonly as: unknown } | { readonly gone: true };
export function changed(path: Place["path"], change: Change): unknown {
  const document: unknown = structuredClone(full);
  const at = (length: number): Container =>
    path.slice(0, length).reduce<unknown>((one, key) => (one as Container)[key], document) as Container;
  const key = path.at(-1);
  if ("add" in change) at(path.length)[change.add] = change.as;
  else if (key === undefined) return "to" in change ? change.to : document;
  else if ("to" in change) at(path.length - 1)[key] = change.to;
  else if (typeof key === "number") (at(path.length - 1) as unknown as unknown[]).splice(key, 1);
  else delete at(path.length - 1)[key];
  return document;
}

export const written = (document: unknown): string => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
/** An account without quotes may have begun with zeros, so no number is too short for the schema. */
export const isTold = ({ path }: Place, value: unknown): boolean =>
  path.at(-1) !== "principal" || typeof value !== "number" || value > 99_999_999_999;

export const places = placesIn(full);
export const containers = places.filter(({ value }) => typeof value === "object" && value !== null && !Array.isArray(value));
