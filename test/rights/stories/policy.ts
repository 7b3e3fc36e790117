// The policy: limits, organizations, the permissions of the endpoint service.

import { linkTo, mailboxRests, type Story } from "./story.ts";
import { accounts, type World } from "../world.ts";

const { acme, barred, umbrella, management } = accounts;
type Members = Readonly<Record<string, unknown>>;

export const policy: readonly Story[] = [
  {
    name: "an entry that holds one connection: places are taken, and given back by every way a connection ends",
    async tell(world) {
      const few = await world.offer();
      await world.drawbridge("services", "add", few.id, "--no-names", "--yes");
      await world.drawbridge("allow", acme, "--service", few.id, "--at-most", "1");
      const first = await world.connect(acme, few);
      await world.becomes(first, "connected");
      const second = await world.connect(acme, few);
      await world.becomes(second, "asking");
      await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [first] }, acme);
      await world.becomes(first, "closed");
      await world.tick();
      await world.becomes(second, "connected");
      await world.drawbridge("reject", second, "--yes");
      await world.becomes(second, "rejected");
      const third = await world.connect(acme, few);
      await world.becomes(third, "connected");
      // Only dns looks at it after its end: its notification is lost, and no minute passes.
      world.local.faults.loseNotifications(1);
      await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [third] }, acme);
      const MessageBody = JSON.stringify({ look: { service: few.id, endpoints: [third], why: "sweep" } });
      await world.aws("sqs", "SendMessage", { QueueUrl: world.idOf("DnsQueue"), MessageBody });
      await world.becomes(third, "closed");
    },
  },
  {
    name: "an entry for a unit of AWS Organizations: whoever gives or shows a verdict looks accounts up",
    async tell(world) {
      const { root, unit } = await organization(world);
      await world.aws("organizations", "MoveAccount", { AccountId: umbrella, SourceParentId: root, DestinationParentId: unit }, management);
      const shared = await world.offer();
      await world.drawbridge("services", "add", shared.id, "--no-names", "--yes");
      await world.drawbridge("allow", unit, "--service", shared.id, "--yes");
      await world.becomes(await world.connect(umbrella, shared), "connected");
      await mailboxRests(world, "approvers");
      const stranger = await world.connect(barred, shared);
      await world.becomes(stranger, "asking");
      await world.drawbridge("explain", stranger);
      await (await fetch(await linkTo(world, stranger))).text();
      await world.tick();
      await world.drawbridge("remove", unit, "--service", shared.id, "--yes");
    },
  },
  {
    name: "an endpoint service's permissions follow the list",
    async tell(world) {
      const closed = await world.offer();
      await world.drawbridge("services", "add", closed.id, "--no-names", "--yes");
      await world.drawbridge("remove", "any", "--service", "*", "--yes");
      await world.drawbridge("allow", acme, "--service", closed.id);
      await world.drawbridge("services", "set", closed.id, "--permissions", "follow", "--yes");
      const mayAsk = async (): Promise<boolean> => {
        const { AllowedPrincipals } = await world.aws("ec2", "DescribeVpcEndpointServicePermissions", { ServiceId: closed.id });
        return (AllowedPrincipals as readonly Members[]).some(({ Principal }) => Principal === `arn:aws:iam::${acme}:root`);
      };
      await world.tick();
      await world.until("acme may ask", async () => (await mayAsk()) || undefined);
      await world.drawbridge("services", "show", closed.id);
      await world.drawbridge("remove", acme, "--service", closed.id, "--yes");
      await world.tick();
      await world.until("acme may ask no more", async () => !(await mayAsk()) || undefined);
      await letInLongAgo(world, closed.id, acme);
      await world.tick();
    },
  },
];

/** What Drawbridge let in stays its own for an hour: here that is over. */
async function letInLongAgo(world: World, id: string, account: string): Promise<void> {
  await world.aws("dynamodb", "UpdateItem", {
    TableName: world.idOf("SettingsTable"),
    Key: { kind: { S: `principal#${id}` }, id: { S: account } },
    ConditionExpression: "attribute_exists(id)",
    UpdateExpression: "SET keptAt = :at",
    ExpressionAttributeValues: { ":at": { S: "2020-01-01T00:00:00.000Z" } },
  });
}

/** An organization with one unit. */
async function organization(world: World): Promise<{ root: string; unit: string }> {
  const call = (action: string, input: Members): Promise<Members> => world.aws("organizations", action, input, management);
  await call("CreateOrganization", {});
  const [first] = (await call("ListRoots", {}))["Roots"] as readonly Members[];
  const root = String(first?.["Id"]);
  const { OrganizationalUnit } = await call("CreateOrganizationalUnit", { ParentId: root, Name: "partners" });
  return { root, unit: String((OrganizationalUnit as Members)["Id"]) };
}
