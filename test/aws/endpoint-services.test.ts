// EC2's calls one by one: pages, odd rows, calls that fail as a whole, and what goes over the wire.

import {
  AcceptVpcEndpointConnectionsCommand,
  DescribeVpcEndpointConnectionNotificationsCommand,
  DescribeVpcEndpointConnectionsCommand,
  CreateVpcEndpointConnectionNotificationCommand,
  DeleteVpcEndpointConnectionNotificationsCommand,
  EC2Client,
  ModifyVpcEndpointConnectionNotificationCommand,
  type VpcEndpointConnection,
} from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { vpcEndpointServices } from "../../lib/aws/endpoint-services.ts";
import { Fault } from "../../lib/faults.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";

const ec2 = mockClient(EC2Client);
afterAll(() => ec2.restore());
const port = vpcEndpointServices(new EC2Client({ region: "eu-west-1" }));
beforeEach(() => ec2.reset());

const service = serviceOf(1);
const row = (number: number, more: Partial<VpcEndpointConnection> = {}): VpcEndpointConnection => ({
  ServiceId: service,
  VpcEndpointId: endpointOf(number),
  VpcEndpointOwner: accountOf(2),
  VpcEndpointState: "pendingAcceptance" as never,
  ...more,
});
const refusal = (name: string, message = "", status = 400): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });

describe("a listing", () => {
  test("reads every page, by the service's id alone", async () => {
    ec2
      .on(DescribeVpcEndpointConnectionsCommand)
      .resolvesOnce({ VpcEndpointConnections: [row(1), row(2)], NextToken: "more" })
      .resolvesOnce({ VpcEndpointConnections: [row(3)], NextToken: "" });
    expect((await port.connections(service)).map(({ endpoint }) => endpoint)).toEqual([1, 2, 3].map(endpointOf));
    expect(ec2.commandCalls(DescribeVpcEndpointConnectionsCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { Filters: [{ Name: "service-id", Values: [service] }], MaxResults: 1000 },
      { Filters: [{ Name: "service-id", Values: [service] }], MaxResults: 1000, NextToken: "more" },
    ]);
  });

  test("is complete or it throws", async () => {
    ec2
      .on(DescribeVpcEndpointConnectionsCommand)
      .resolvesOnce({ VpcEndpointConnections: [row(1)], NextToken: "more" })
      .rejects(refusal("RequestLimitExceeded", "slow down", 503));
    await expect(port.connections(service)).rejects.toMatchObject({ code: "RequestLimitExceeded", retryable: true });
  });

  test("knows states whatever their case, and keeps one it does not know", async () => {
    const states = ["PendingAcceptance", "pendingAcceptance", "Available", "hibernating"];
    ec2
      .on(DescribeVpcEndpointConnectionsCommand)
      .resolves({ VpcEndpointConnections: states.map((state, index) => row(index + 1, { VpcEndpointState: state as never })) });
    expect((await port.connections(service)).map(({ state }) => state)).toEqual([
      "pendingAcceptance",
      "pendingAcceptance",
      "available",
      "unknown",
    ]);
  });

  test("takes the Regional name with its own zone, wherever it stands", async () => {
    const base = `${endpointOf(1)}-abcd1234`;
    const names = [`*.${base}`, `${base}-eu-west-1a`, base].map((first, index) => ({
      DnsName: `${first}.${service}.eu-west-1.vpce.amazonaws.com`,
      HostedZoneId: `Z${String(index)}`,
    }));
    ec2.on(DescribeVpcEndpointConnectionsCommand).resolves({
      VpcEndpointConnections: [
        row(1, { DnsEntries: [{ DnsName: "api.example.com", HostedZoneId: "Z9" }, ...names] }),
        row(2, { DnsEntries: names.slice(0, 2) }),
      ],
    });
    const [first, second] = await port.connections(service);
    expect(first?.dns).toEqual({ name: `${base}.${service}.eu-west-1.vpce.amazonaws.com`, zone: "Z2" });
    expect(second).not.toHaveProperty("dns");
  });

  test.each([
    ["without an owner", { VpcEndpointOwner: "" }],
    ["without an id", { VpcEndpointId: "" }],
    ["of another service", { ServiceId: serviceOf(2) }],
  ])("fails whole at a row %s, since a row left out would look like one that is gone", async (_, more) => {
    ec2.on(DescribeVpcEndpointConnectionsCommand).resolves({ VpcEndpointConnections: [row(1), row(2, more)] });
    await expect(port.connections(service)).rejects.toMatchObject({ code: "UnexpectedReply", retryable: false });
  });

  test("names the permission that is missing", async () => {
    ec2
      .on(DescribeVpcEndpointConnectionsCommand)
      .rejects(refusal("UnauthorizedOperation", "You are not authorized to perform this operation.", 403));
    await expect(port.connections(service)).rejects.toThrow(/role needs ec2:DescribeVpcEndpointConnections/);
    await expect(port.connections(service)).rejects.toMatchObject({ retryable: false });
  });
});

describe("accepting", () => {
  const endpoints = (count: number) => Array.from({ length: count }, (_, index) => endpointOf(index + 1));
  const sizes = () => ec2.commandCalls(AcceptVpcEndpointConnectionsCommand).map(({ args: [{ input }] }) => input.VpcEndpointIds?.length);

  test("puts a hundred ids in a call, and each id once", async () => {
    ec2.on(AcceptVpcEndpointConnectionsCommand).resolves({});
    expect(await port.accept(service, [...endpoints(250), endpointOf(1)])).toHaveLength(251);
    expect(sizes()).toEqual([100, 100, 50]);
  });

  test("tells each id's own refusal", async () => {
    ec2
      .on(AcceptVpcEndpointConnectionsCommand)
      .resolves({ Unsuccessful: [{ ResourceId: endpointOf(2), Error: { Code: "InvalidState", Message: "it is rejected" } }] });
    expect(await port.accept(service, endpoints(3))).toEqual([
      { endpoint: endpointOf(1) },
      { endpoint: endpointOf(2), failure: { code: "InvalidState", message: "it is rejected" } },
      { endpoint: endpointOf(3) },
    ]);
  });

  test("takes a refusal without an id as all of the call's", async () => {
    ec2.on(AcceptVpcEndpointConnectionsCommand).resolves({ Unsuccessful: [{ Error: { Code: "Odd" } }] });
    expect((await port.accept(service, endpoints(2))).map(({ failure }) => failure?.code)).toEqual(["Odd", "Odd"]);
  });

  test("goes on without the id that a whole call failed for", async () => {
    ec2
      .on(AcceptVpcEndpointConnectionsCommand)
      .rejectsOnce(refusal("InvalidVpcEndpointId.NotFound", `The Vpc Endpoint Id '${endpointOf(2)}' does not exist`))
      .resolves({});
    const outcomes = await port.accept(service, endpoints(3));
    expect(outcomes.map(({ failure }) => failure?.code)).toEqual([undefined, "InvalidVpcEndpointId.NotFound", undefined]);
    expect(sizes()).toEqual([3, 2]);
  });

  test("finds by halves the id that a whole call failed for and that AWS does not name", async () => {
    const bad = endpointOf(3);
    ec2.on(AcceptVpcEndpointConnectionsCommand).callsFake(({ VpcEndpointIds }: { VpcEndpointIds: string[] }) => {
      if (VpcEndpointIds.includes(bad)) throw refusal("InvalidState", "an endpoint is in the wrong state");
      return {};
    });
    const outcomes = await port.accept(service, endpoints(4));
    expect(outcomes.map(({ failure }) => failure?.code)).toEqual([undefined, undefined, "InvalidState", undefined]);
  });

  test("fails all ids at once when the service itself is gone", async () => {
    ec2.on(AcceptVpcEndpointConnectionsCommand).rejects(refusal("InvalidVpcEndpointServiceId.NotFound", "no such service"));
    expect(
      (await port.accept(service, endpoints(8))).every(({ failure }) => failure?.code === "InvalidVpcEndpointServiceId.NotFound"),
    ).toBe(true);
    expect(sizes()).toEqual([8]);
  });

  test("fails all ids when the right is missing, so that each rests and the log tells why", async () => {
    ec2.on(AcceptVpcEndpointConnectionsCommand).rejects(refusal("UnauthorizedOperation", "not authorized", 403));
    const outcomes = await port.accept(service, endpoints(3));
    expect(outcomes.map(({ failure }) => failure?.code)).toEqual(Array.from({ length: 3 }, () => "UnauthorizedOperation"));
    expect(sizes()).toEqual([3]);
  });

  test.each([
    ["RequestLimitExceeded", 503, true],
    ["InternalError", 500, true],
  ])("throws what may pass by itself: %s", async (code, status, retryable) => {
    ec2.on(AcceptVpcEndpointConnectionsCommand).rejects(refusal(code, "", status));
    const error: unknown = await port.accept(service, endpoints(3)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Fault);
    expect(error).toMatchObject({ code, retryable, where: "ec2:AcceptVpcEndpointConnections" });
    expect(sizes()).toEqual([3]);
  });
});

describe("the notification", () => {
  const topic = "arn:aws:sns:eu-west-1:111111111111:connections";
  const found = (more: object) => ({
    ConnectionNotificationSet: [
      {
        ConnectionNotificationId: "vpce-nfn-1",
        ServiceId: service,
        ConnectionNotificationArn: topic,
        ConnectionEvents: ["Accept", "Connect", "Delete", "Reject"],
        ConnectionNotificationState: "Enabled" as const,
        ...more,
      },
    ],
  });

  test("that lacks an event gets it", async () => {
    ec2.on(DescribeVpcEndpointConnectionNotificationsCommand).resolves(found({ ConnectionEvents: ["Connect"] }));
    ec2.on(ModifyVpcEndpointConnectionNotificationCommand).resolves({});
    expect(await port.notify(service, topic)).toBe("vpce-nfn-1");
    expect(ec2.commandCalls(ModifyVpcEndpointConnectionNotificationCommand)[0]?.args[0].input.ConnectionEvents).toHaveLength(4);
  });

  test("that AWS disabled is made anew, and does not count as one", async () => {
    ec2.on(DescribeVpcEndpointConnectionNotificationsCommand).resolves(found({ ConnectionNotificationState: "Disabled" }));
    ec2.on(DeleteVpcEndpointConnectionNotificationsCommand).resolves({});
    ec2.on(CreateVpcEndpointConnectionNotificationCommand).resolves({ ConnectionNotification: { ConnectionNotificationId: "vpce-nfn-2" } });
    expect(await port.notification(service, topic)).toBeUndefined();
    expect(await port.notify(service, topic)).toBe("vpce-nfn-2");
  });

  test("that cannot be removed is a fault; one that is gone is not", async () => {
    const unsuccessful = (Code: string) => ({ Unsuccessful: [{ ResourceId: "vpce-nfn-1", Error: { Code, Message: "" } }] });
    ec2
      .on(DeleteVpcEndpointConnectionNotificationsCommand)
      .resolvesOnce(unsuccessful("InvalidConnectionNotification"))
      .resolves(unsuccessful("OperationNotPermitted"));
    await port.stopNotifying("vpce-nfn-1");
    await expect(port.stopNotifying("vpce-nfn-1")).rejects.toMatchObject({ code: "OperationNotPermitted" });
  });
});
