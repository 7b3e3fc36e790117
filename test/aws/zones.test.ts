// Route 53's errors one by one: which are an answer about the records, and which are worth a retry.

import {
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  ListResourceRecordSetsCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { hostedZones } from "../../lib/aws/zones.ts";
import type { ZoneId } from "../../lib/ids.ts";
import type { RecordSet } from "../../lib/names.ts";

const mocked = mockClient(Route53Client);
afterAll(() => mocked.restore());
const zone = "Z0123456789ABCDEFGHIJ" as ZoneId;
const zones = hostedZones(new Route53Client({ region: "eu-west-1" }), [zone]);
beforeEach(() => mocked.reset());

const set: RecordSet = { name: "acme.pl.example.com", type: "A", target: { name: "x.example.com", zone: "Z1" } };
const refusal = (name: string, message: string): Error => Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });

describe("a change", () => {
  test("that is refused tells what stands in the way", async () => {
    mocked
      .on(ChangeResourceRecordSetsCommand)
      .rejects(new InvalidChangeBatch({ message: "", messages: ["it already exists", "it was not found"], $metadata: {} }));
    expect(await zones.change(zone, [], [set])).toEqual({ refused: "it already exists; it was not found" });
    mocked.on(ChangeResourceRecordSetsCommand).rejects(refusal("InvalidInput", "Invalid XML ; cvc-maxLength-valid"));
    expect(await zones.change(zone, [], [set])).toEqual({ refused: "Invalid XML ; cvc-maxLength-valid" });
  });

  test.each([
    ["Throttling", true],
    ["PriorRequestNotComplete", true],
    ["AccessDenied", false],
    ["NoSuchHostedZone", false],
  ])("that meets %s throws", async (code, retryable) => {
    mocked.on(ChangeResourceRecordSetsCommand).rejects(refusal(code, "Rate exceeded"));
    await expect(zones.change(zone, [], [set])).rejects.toMatchObject({ code, retryable });
  });

  test("that is too large is refused without a call, so that it can be cut", async () => {
    const many = Array.from({ length: 1001 }, () => set);
    expect(await zones.change(zone, many, [])).toEqual({ refused: expect.stringMatching(/too many/) as unknown });
    const long = Array.from({ length: 200 }, (): RecordSet => ({ name: set.name, type: "TXT", text: "x".repeat(200) }));
    expect(await zones.change(zone, [], long)).toEqual({ refused: expect.stringMatching(/too many/) as unknown });
    expect(mocked.calls()).toHaveLength(0);
  });

  test("removes before it makes, in one call", async () => {
    mocked.on(ChangeResourceRecordSetsCommand).resolves({});
    await zones.change(zone, [set], [set]);
    const changes = mocked.commandCalls(ChangeResourceRecordSetsCommand)[0]?.args[0].input.ChangeBatch?.Changes;
    expect(changes?.map(({ Action }) => Action)).toEqual(["DELETE", "CREATE"]);
  });
});

describe("the record sets at a name", () => {
  test("are read over pages, and no further than the name", async () => {
    const alias = {
      Name: "acme.pl.example.com.",
      Type: "A" as const,
      AliasTarget: { DNSName: "x.example.com.", HostedZoneId: "Z1", EvaluateTargetHealth: false },
    };
    const pages = mocked.on(ListResourceRecordSetsCommand);
    pages.resolvesOnce({
      ResourceRecordSets: [alias],
      IsTruncated: true,
      NextRecordName: "acme.pl.example.com.",
      NextRecordType: "AAAA",
      MaxItems: 1,
    });
    pages.resolvesOnce({
      ResourceRecordSets: [
        { ...alias, Type: "AAAA" },
        { ...alias, Name: "other.pl.example.com." },
      ],
      IsTruncated: true,
      NextRecordName: "other2.pl.example.com.",
      MaxItems: 2,
    });
    expect(await zones.at(zone, "ACME.pl.example.com")).toEqual([set, { ...set, type: "AAAA" }]);
    expect(mocked.commandCalls(ListResourceRecordSetsCommand)).toHaveLength(2);
  });

  test("that are none of ours show as such", async () => {
    const base = { Name: "acme.pl.example.com.", TTL: 60 };
    mocked.on(ListResourceRecordSetsCommand).resolves({
      ResourceRecordSets: [
        { ...base, Type: "CNAME", ResourceRecords: [{ Value: "x.example.com" }] },
        { ...base, Type: "A", ResourceRecords: [{ Value: "192.0.2.1" }] },
        { ...base, Type: "TXT", ResourceRecords: [{ Value: '"a"' }, { Value: '"b"' }] },
      ],
      IsTruncated: false,
      MaxItems: 100,
    });
    const found = await zones.at(zone, "acme.pl.example.com");
    expect(found).toHaveLength(3);
    expect(found).not.toContainEqual(set);
    expect(found.map((one) => ("target" in one ? one.target.name : one.type === "TXT" ? one.text : one.shown))).toEqual([
      "CNAME x.example.com",
      "192.0.2.1",
      'TXT "a" "b"',
    ]);
  });
});
