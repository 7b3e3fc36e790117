// A value that a schema allows, with members that read well.

import type { Schema } from "./type-schemas.ts";

const objects: Readonly<Record<string, object>> = {
  vpc: { id: "vpc-0123456789abcdef0", region: "eu-west-1" },
  target: { name: "vpce-0123456789abcdef0-x1y2z3.vpce-svc-0123456789abcdef0.eu-west-1.vpce.amazonaws.com", zone: "Z38GZ743OKFT7T" },
};

const samples: Readonly<Record<string, unknown>> = {
  detail: "account 222222222222 (acme) at vpce-svc-0123456789abcdef0: accept, version 3",
  rule: "entry",
  principal: "account#222222222222",
  fqdn: "acme.privatelink.example.com",
  found: "acme.privatelink.example.com A 192.0.2.1",
  arn: "arn:aws:iam::111111111111:user/alice",
  by: { kind: "operator", arn: "arn:aws:iam::111111111111:user/alice" },
  label: "acme",
  region: "eu-west-1",
  question: "q-4f7c1a",
  approver: "ann",
  approvers: ["ann", "ben"],
  reason: "known from the spring trial",
  code: "RequestLimitExceeded",
  message: "Request limit exceeded.",
  why: "the question was closed",
  event: "11111111-2222-3333-4444-555555555555",
  counter: "vpce-svc-0123456789abcdef0/account#222222222222",
  lacks: ["A"],
  name: "ann",
  to: ["carol"],
};

export function sample(name: string, schema: Schema, shared: Readonly<Record<string, Schema>>): unknown {
  if (schema.const !== undefined) return schema.const;
  if (objects[name] !== undefined) return objects[name];
  if (schema.$ref !== undefined) return sample(name, shared[schema.$ref.split("/").at(-1) ?? ""] ?? {}, shared);
  if (
    schema.type !== "array" &&
    schema.properties === undefined &&
    samples[name] !== undefined &&
    schema.enum === undefined &&
    schema.pattern === undefined
  )
    return samples[name];
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return sample(name, schema.anyOf[0] ?? {}, shared);
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([member, one]) => [
          member,
          member === "by" ? samples["by"] : sample(member, one, shared),
        ]),
      );
    case "array":
      return Array.isArray(samples[name]) ? samples[name] : [sample("", schema.items ?? {}, shared)];
    case "number":
    case "integer":
      return name === "seq" ? 3 : 2;
    case "boolean":
      return true;
    case "string":
      return sampleText(schema);
    default:
      return {};
  }
}

function sampleText({ pattern = "" }: Schema): string {
  if (pattern.includes("{64}")) return "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
  if (pattern.includes("account")) return "account#222222222222";
  if (pattern.includes("vpce-svc")) return "vpce-svc-0123456789abcdef0";
  if (pattern.includes("vpce-")) return "vpce-0123456789abcdef0";
  if (pattern.includes("{12}")) return "222222222222";
  if (pattern.startsWith("^Z")) return "Z0123456789ABCDEFGHIJ";
  return pattern.includes("T") ? "2026-11-23T10:00:00.000Z" : "a text";
}
