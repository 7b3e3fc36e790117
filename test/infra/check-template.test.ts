// The template is one that AWS would take, and the check that says so finds what is wrong.
import { expect, test } from "vitest";
import { checkTemplate } from "../../scripts/check-template.ts";
import type { Resource } from "../../scripts/template.ts";
import { template } from "./packaged.ts";

const queue = { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 30 } };

test("the packaged template is valid", async () => {
  expect(await checkTemplate(template)).toEqual([]);
});

test.each<{ name: string; resource: Resource; problem: string }>([
  {
    name: "an unknown type",
    resource: { Type: "AWS::SQS::Qeue" },
    problem: "It: there is no resource type AWS::SQS::Qeue",
  },
  {
    name: "an unknown property",
    resource: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeOut: 30 } },
    problem: "It (AWS::SQS::Queue): there is no property VisibilityTimeOut",
  },
  {
    name: "a wrong type",
    resource: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: "long" } },
    problem: 'It (AWS::SQS::Queue).VisibilityTimeout: "long" is not of type integer',
  },
  {
    name: "a value that there is not",
    resource: { Type: "AWS::EC2::FlowLog", Properties: { ResourceId: "vpc-0", ResourceType: "VPC", TrafficType: "EVERYTHING" } },
    problem: 'It (AWS::EC2::FlowLog).TrafficType: "EVERYTHING" is not one of ACCEPT, ALL, REJECT',
  },
  {
    name: "a missing property",
    resource: { Type: "AWS::SNS::Subscription", Properties: { Protocol: "sqs" } },
    problem: "It (AWS::SNS::Subscription): TopicArn is required",
  },
  {
    name: "a wrong property deep inside",
    resource: { Type: "AWS::Events::Rule", Properties: { Targets: [{ Id: "a" }] } },
    problem: "It (AWS::Events::Rule).Targets[0]: Arn is required",
  },
  {
    name: "a reference to nothing",
    resource: { Type: "AWS::SQS::Queue", Properties: { QueueName: { Ref: "Nothing" } } },
    problem: "It.QueueName: there is no Nothing",
  },
  {
    name: "an attribute that the resource lacks",
    resource: { Type: "AWS::SQS::Queue", Properties: { QueueName: { "Fn::Sub": "${Queue.Url}" } } },
    problem: "It.QueueName: Queue has no attribute Url",
  },
  {
    name: "a condition that isn't there",
    resource: { ...queue, Condition: "Sometimes" },
    problem: "It: there is no condition Sometimes",
  },
])("$name is found", async ({ resource, problem }) => {
  expect(await checkTemplate({ Resources: { Queue: queue, It: resource } })).toEqual([problem]);
});

test("a rule about a parameter that isn't there is found", async () => {
  const Rules = { Two: { Assertions: [{ Assert: { "Fn::Equals": [{ Ref: "Nothing" }, "a"] } }] } };
  expect(await checkTemplate({ Rules, Resources: { Queue: queue } })).toEqual([expect.stringContaining("there is no Nothing")]);
});
