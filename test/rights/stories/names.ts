// Names beyond the alias: private DNS names, and VPCs that see the private zone.

import { service, type Story } from "./story.ts";
import { accounts, zoneName, type World } from "../world.ts";

const { acme } = accounts;

export const names: readonly Story[] = [
  {
    name: "a service gets its private DNS name: the proof is published, AWS is asked to look, and the name is taken away again",
    async tell(world, told) {
      const name = `api.${zoneName}`;
      await world.drawbridge("services", "private-dns", service(told), "--name", name);
      const state = (): Promise<string> => world.drawbridge("services", "private-dns", service(told));
      await world.until("the proof", async () => (await state()).includes("its proof is published") || undefined);
      await publishedLongAgo(world, service(told));
      const MessageBody = JSON.stringify({ look: { service: service(told), why: "sweep" } });
      await world.until("the name is verified", async () => {
        await world.aws("sqs", "SendMessage", { QueueUrl: world.idOf("DnsQueue"), MessageBody });
        return (await state()).startsWith(`${name}, verified`) || undefined;
      });
      await world.drawbridge("services", "private-dns", service(told), "--remove");
      await world.local.idle();
    },
  },
  {
    name: "a consumer's VPC may see the private zone while its connection lives, whoever deletes the authorization",
    async tell(world) {
      const { privateZoneId } = world.local;
      const inside = await world.offer();
      await world.drawbridge("services", "add", inside.id, "--zone", "payments.internal", "--yes");
      const [VPCRegion, VPCId] = ["eu-west-1", "vpc-0b0b0b0b0b0b0b0b0"];
      await world.drawbridge("allow", acme, "--service", inside.id, "--name", "inside", "--vpc", `${VPCRegion}/${VPCId}`);
      const endpoint = await world.connect(acme, inside);
      await world.becomes(endpoint, "connected");
      const authorized = async (): Promise<string> =>
        JSON.stringify((await world.aws("route53", "ListVPCAssociationAuthorizations", { HostedZoneId: privateZoneId }))["VPCs"]);
      // The log is asked, since Route 53 takes five calls a second of everybody together.
      const told = async (times: number): Promise<true | undefined> =>
        (await world.drawbridge("show", endpoint, "--json")).split('"VpcAuthorized"').length > times || undefined;
      await world.tick();
      await world.until("the authorization", () => told(1));
      await world.aws("route53", "DeleteVPCAssociationAuthorization", { HostedZoneId: privateZoneId, VPC: { VPCRegion, VPCId } });
      const MessageBody = JSON.stringify({ look: { service: inside.id, why: "compare" } });
      await world.aws("sqs", "SendMessage", { QueueUrl: world.idOf("DnsQueue"), MessageBody });
      await world.until("the authorization that somebody deleted", () => told(2));
      if (!(await authorized()).includes(VPCId)) throw new Error("the log says it is back, and Route 53 does not");
      await world.aws("route53", "AssociateVPCWithHostedZone", { HostedZoneId: privateZoneId, VPC: { VPCRegion, VPCId } }, acme);
      await world.drawbridge("reject", endpoint, "--yes");
      await world.becomes(endpoint, "rejected");
      await world.until("it is withdrawn", async () => {
        await world.tick();
        const { VPCs } = await world.aws("route53", "GetHostedZone", { Id: privateZoneId });
        return !`${await authorized()}${JSON.stringify(VPCs)}`.includes(VPCId) || undefined;
      });
    },
  },
];

/** AWS is asked to look a minute after the proof was published: here it was. */
async function publishedLongAgo(world: World, id: string): Promise<void> {
  await world.aws("dynamodb", "UpdateItem", {
    TableName: world.idOf("SettingsTable"),
    Key: { kind: { S: "service" }, id: { S: id } },
    UpdateExpression: "SET privateDns.publishedAt = :at",
    ExpressionAttributeValues: { ":at": { S: "2020-01-01T00:00:00.000Z" } },
  });
}
