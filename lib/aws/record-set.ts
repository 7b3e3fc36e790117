// A record set as Route 53 writes it. Removing one must repeat it exactly, so writing knows every member.

import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { RecordSet, StandingSet } from "../names.ts";

/** Of the ownership text; the alias has none of its own. */
const textSeconds = 300;

export function writeRecordSet(set: RecordSet): ResourceRecordSet {
  if (set.type === "TXT")
    return {
      Name: set.name,
      Type: "TXT",
      TTL: textSeconds,
      ResourceRecords: [{ Value: quoted(set.text) }],
    };
  // Route 53 cannot look into the health of an endpoint, so it is not asked to.
  const AliasTarget = {
    DNSName: set.target.name,
    HostedZoneId: set.target.zone,
    EvaluateTargetHealth: false,
  };
  return { Name: set.name, Type: set.type, AliasTarget };
}

/** A record set that is none of ours still shows: it must not be taken for free space. */
export function readRecordSet({ Name = "", Type, AliasTarget, ResourceRecords = [] }: ResourceRecordSet): StandingSet {
  const name = plainName(Name);
  if ((Type === "A" || Type === "AAAA") && AliasTarget !== undefined)
    return {
      name,
      type: Type,
      target: { name: plainName(AliasTarget.DNSName ?? ""), zone: AliasTarget.HostedZoneId ?? "" },
    };
  const values = ResourceRecords.map(({ Value = "" }) => Value);
  if (Type === "A" || Type === "AAAA") return { name, type: Type, target: { name: values.join(" "), zone: "" } };
  const [only = ""] = values;
  if (Type === "TXT" && values.length === 1) return { name, type: "TXT", text: unquoted(only) };
  return {
    name,
    type: "other",
    shown: [Type ?? "record", ...values, ...(AliasTarget?.DNSName === undefined ? [] : [AliasTarget.DNSName])].join(" "),
  };
}

/** Lower case, no final dot, and Route 53's octal escapes read: `\052.example.com.` is `*.example.com`. */
export const plainName = (name: string): string =>
  name
    .replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)))
    .replace(/\.$/, "")
    .toLowerCase();

/** A text value is one or more strings of at most 255 characters, each in quotes. */
const quoted = (text: string): string =>
  (text.match(/.{1,255}/gs) ?? [""]).map((part) => `"${part.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(" ");

const unquoted = (value: string): string =>
  [...value.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, part = ""]) => part.replaceAll(/\\(.)/gs, "$1")).join("");
