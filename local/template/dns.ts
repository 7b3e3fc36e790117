// AWS::Route53: hosted zones and the records in them.
import { isMembers, rows, text, texts, type Members } from "../members.ts";
import { only } from "./network.ts";
import type { Declared, Made, Makers, Workshop } from "./workshop.ts";

export const DNS: Makers = {
  async "AWS::Route53::HostedZone"(declared, workshop) {
    const { properties } = declared;
    const [vpc, ...others] = rows(properties, "VPCs").map((one) => only(one, "VPCId", "VPCRegion"));
    const { HostedZone } = await workshop.call("route53", "CreateHostedZone", {
      ...only(properties, "Name", "HostedZoneConfig"),
      CallerReference: workshop.physicalName(declared.logicalId),
      ...(vpc === undefined ? {} : { VPC: vpc }),
    });
    const id = text(isMembers(HostedZone) ? HostedZone : {}, "Id").replace("/hostedzone/", "");
    for (const VPC of others) await workshop.call("route53", "AssociateVPCWithHostedZone", { HostedZoneId: id, VPC });
    return { ref: id, attributes: { Id: id }, remove: () => workshop.call("route53", "DeleteHostedZone", { Id: id }) };
  },
  async "AWS::Route53::RecordSet"(declared, workshop) {
    await put(declared, workshop, []);
    return recordSet(declared, workshop);
  },
};

function recordSet(declared: Declared, workshop: Workshop): Made {
  return {
    ref: text(declared.properties, "Name"),
    async change(next) {
      await put(next, workshop, [changeOf("DELETE", declared)]);
      return recordSet(next, workshop);
    },
    remove: () => send(workshop, declared, [changeOf("DELETE", declared)]),
  };
}

const put = (declared: Declared, workshop: Workshop, before: readonly Members[]): Promise<Members> =>
  send(workshop, declared, [...before, changeOf("CREATE", declared)]);

const send = (workshop: Workshop, { properties }: Declared, Changes: readonly Members[]): Promise<Members> =>
  workshop.call("route53", "ChangeResourceRecordSets", { HostedZoneId: text(properties, "HostedZoneId"), ChangeBatch: { Changes } });

function changeOf(Action: "CREATE" | "DELETE", { properties }: Declared): Members {
  const values = texts(properties, "ResourceRecords").map((Value) => ({ Value }));
  const ttl = properties["TTL"] === undefined ? {} : { TTL: Number(properties["TTL"]) };
  return {
    Action,
    ResourceRecordSet: {
      ...only(properties, "Name", "Type", "AliasTarget", "SetIdentifier", "Weight"),
      ...ttl,
      ...(values.length === 0 ? {} : { ResourceRecords: values }),
    },
  };
}
