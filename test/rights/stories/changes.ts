// What changes meanwhile: throttles, cuts, unclear notifications, busy zones, acceptance, observing.

import { aliases, answer, linkTo, mailboxRests, needed, offered, service, type Story } from "./story.ts";
import { accounts, zoneName, type Offered, type World } from "../world.ts";

const { provider, acme, unknown, barred, umbrella } = accounts;
type Members = Readonly<Record<string, unknown>>;

export const changes: readonly Story[] = [
  {
    name: "EC2 throttles: admit gives its messages back early, and comes again",
    async tell(world, told) {
      const givenBack = (): number => world.local.counts()["sqs:ChangeMessageVisibilityBatch"] ?? 0;
      const before = givenBack();
      const action = "AcceptVpcEndpointConnections";
      const throttled = world.local.faults.refuse({
        service: "ec2",
        action,
        code: "RequestLimitExceeded",
        message: "Request limit exceeded.",
        status: 503,
      });
      const endpoint = await world.connect(acme, offered(told));
      await world.until("admit gives its message back", () => givenBack() > before || undefined);
      throttled.lift();
      await world.becomes(endpoint, "connected");
    },
  },
  {
    name: "an account with a reject entry is turned away",
    async tell(world, told) {
      await world.drawbridge("deny", barred, "--service", service(told), "--reason", "contract ended", "--yes");
      const endpoint = await world.connect(barred, offered(told));
      await world.becomes(endpoint, "rejected");
    },
  },
  {
    name: "an operator cuts a live connection, and its name goes",
    async tell(world, told) {
      const endpoint = needed(told.unknown);
      await world.drawbridge("reject", endpoint, "--yes");
      await world.becomes(endpoint, "rejected");
    },
  },
  {
    name: "a notification comes that names nothing: every service is looked at",
    async tell(world) {
      const TopicArn = world.local.outputs["ConnectionsTopicArn"];
      await world.aws("sns", "Publish", { TopicArn, Subject: "something", Message: "changed" });
      await world.local.idle();
    },
  },
  {
    name: "a notification comes before AWS lists its endpoint: it is looked at again",
    async tell(world, told) {
      const TopicArn = world.local.outputs["ConnectionsTopicArn"];
      const Message = JSON.stringify({ serviceId: service(told), vpcEndpointId: "vpce-0fedcba9876543210" });
      await world.aws("sns", "Publish", { TopicArn, Message });
      await world.local.idle();
    },
  },
  {
    name: "an entry for every service is added, changed and removed, and the connections of its account are judged anew",
    async tell(world) {
      await world.drawbridge("ask", umbrella, "--service", "*", "--purpose", "under review");
      await world.drawbridge("ask", umbrella, "--service", "*", "--purpose", "still under review");
      await world.drawbridge("list", "--service", "*");
      await world.drawbridge("show", umbrella, "--service", "*");
      await world.drawbridge("remove", umbrella, "--service", "*", "--yes");
      await world.drawbridge("ask", "any", "--service", "*");
      await world.local.idle();
    },
  },
  {
    name: "somebody accepts in the console, and CloudTrail tells who",
    async tell(world, told) {
      const endpoint = await world.connect(unknown, offered(told));
      await world.becomes(endpoint, "asking");
      await world.aws("ec2", "AcceptVpcEndpointConnections", { ServiceId: service(told), VpcEndpointIds: [endpoint] });
      await world.becomes(endpoint, "connected");
      const history = await world.drawbridge("audit", "--connection", endpoint, "--json");
      if (!history.includes(`arn:aws:iam::${provider}:root`)) throw new Error("the log does not say who accepted");
    },
  },
  {
    name: "a zone is busy when two connections become available: their names are made later",
    async tell(world, told) {
      const lease = { kind: { S: "lease" }, id: { S: `zone#${world.zoneId}` } };
      const TableName = world.idOf("ProofsTable");
      const expiresAt = { N: String(Math.ceil(Date.now() / 1000) + 60) };
      await world.aws("dynamodb", "PutItem", { TableName, Item: { ...lease, holder: { S: "somebody" }, expiresAt } });
      const before = (await aliases(world)).length;
      const late = [await world.connect(acme, offered(told)), await world.connect(acme, offered(told))];
      for (const endpoint of late) await world.becomes(endpoint, "connected");
      await world.aws("dynamodb", "DeleteItem", { TableName, Key: lease });
      await world.tick();
      await world.until("their aliases", async () => (await aliases(world)).length === before + 2 || undefined);
    },
  },
  {
    name: "a consumer deletes its endpoint, and its name goes",
    async tell(world, told) {
      const endpoint = needed(told.acme);
      await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [endpoint] }, acme);
      await world.becomes(endpoint, "closed");
      await world.until("no alias", async () => !(await aliases(world)).includes(`acme.${zoneName}.`) || undefined);
    },
  },
  {
    name: "acceptance is switched off and on again, and the sweep tells of it",
    async tell(world, told) {
      const sweptAfter = async (AcceptanceRequired: boolean, type: string): Promise<void> => {
        await world.aws("ec2", "ModifyVpcEndpointServiceConfiguration", { ServiceId: service(told), AcceptanceRequired });
        // A sweep that meets another writer leaves it to the next one.
        await world.until(`the log does not say ${type}`, async () => {
          await world.tick();
          return (await world.drawbridge("audit", "--service", service(told), "--json")).includes(type) || undefined;
        });
      };
      await sweptAfter(false, "AcceptanceSwitchedOff");
      await sweptAfter(true, "AcceptanceSwitchedOn");
      await world.until(
        "no word of CloudTrail on the service",
        async () => (await world.drawbridge("audit", "--type", "ServiceAttributed", "--json")).includes(service(told)) || undefined,
      );
    },
  },
  {
    name: "a service with one connection is observed, enforced and released while its question is open",
    async tell(world) {
      const trial = await world.offer();
      const early = await world.connect(barred, trial);
      await world.drawbridge("services", "add", trial.id, "--no-names", "--observe", "--yes");
      await narrowed(world, trial);
      await world.drawbridge("services", "add", trial.id, "--no-names", "--observe", "--yes");
      await world.tick();
      await mailboxRests(world, "approvers");
      await world.drawbridge("services", "enforce", trial.id, "--yes");
      await world.becomes(early, "asking");
      await world.drawbridge("services", "list");
      await world.drawbridge("services", "show", trial.id);
      const link = await linkTo(world, early);
      await world.drawbridge("services", "remove", trial.id, "--yes");
      if ((await answer(link, "approve", barred)) !== 409) throw new Error("an answer was taken for a service that is not in care");
    },
  },
];

/** Uses up the calls that the account has at the moment. */

/** Somebody made the notification tell of less. */
async function narrowed(world: World, { id }: Offered): Promise<void> {
  const { ConnectionNotificationSet } = await world.aws("ec2", "DescribeVpcEndpointConnectionNotifications", {});
  const own = (ConnectionNotificationSet as readonly Members[]).find(({ ServiceId }) => ServiceId === id);
  await world.aws("ec2", "ModifyVpcEndpointConnectionNotification", {
    ConnectionNotificationId: own?.["ConnectionNotificationId"],
    ConnectionEvents: ["Connect"],
  });
}
