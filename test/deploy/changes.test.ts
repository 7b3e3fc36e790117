// What a change set may not do unasked: part the stack from what holds something, or put something empty in its place.
import type { ResourceChange } from "@aws-sdk/client-cloudformation";
import { expect, test } from "vitest";

import { changesTold, refuseLosses } from "../../scripts/deploy/changes.ts";

const change = (more: ResourceChange): ResourceChange => ({ LogicalResourceId: "Thing", ResourceType: "AWS::DynamoDB::Table", ...more });

test.each([
  [change({ Action: "Remove", PolicyAction: "Retain" }), "would part the stack from what Thing holds"],
  [change({ Action: "Modify", Replacement: "True" }), "would part the stack from what Thing holds"],
  [change({ Action: "Add", ResourceDriftStatus: "DELETED" }), "Thing is gone, and would be made anew and empty"],
  [change({ Action: "Remove", ResourceType: "AWS::S3::Bucket" }), "would part the stack from what Thing holds"],
  [change({ Action: "Remove", ResourceType: "AWS::KMS::Key" }), "would part the stack from what Thing holds"],
])("%j is refused, unless it is named", (one, why) => {
  expect(() => refuseLosses([one], [])).toThrow(why);
  expect(() => refuseLosses([one], ["Other"])).toThrow(why);
  expect(() => refuseLosses([one], ["Thing"])).not.toThrow();
});

test.each([
  change({ Action: "Add" }),
  change({ Action: "Modify", Replacement: "False", ResourceDriftStatus: "MODIFIED" }),
  change({ Action: "Add", ResourceType: "AWS::SQS::Queue", ResourceDriftStatus: "DELETED" }),
])("%j is not", (one) => {
  expect(() => refuseLosses([one], [])).not.toThrow();
});

test("what was done past CloudFormation is told as such", () => {
  const Details = [{ Target: { Name: "Enabled" } }];
  expect(
    changesTold([
      change({ Action: "Add", ResourceDriftStatus: "DELETED" }),
      change({ Action: "Modify", ResourceDriftStatus: "MODIFIED", Details }),
    ]),
  ).toEqual([
    "  + Thing (AWS::DynamoDB::Table): it is gone, and is made anew",
    "  ~ Thing (AWS::DynamoDB::Table): Enabled; as the template says again",
  ]);
});
