// What AWS does when the service's own settings change, and when a zone is changed twice in a row.
import {
  DeleteVpcEndpointConnectionNotificationsCommand,
  DescribeVpcEndpointConnectionNotificationsCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  ModifyVpcEndpointServiceConfigurationCommand,
  StartVpcEndpointServicePrivateDnsVerificationCommand,
} from "@aws-sdk/client-ec2";
import { ChangeResourceRecordSetsCommand, type ResourceRecordSet } from "@aws-sdk/client-route-53";
import { hears, type Probing } from "./probe-decisions.ts";
import { told } from "./steps.ts";
import type { Zone } from "./world.ts";

const MINUTE = 60_000;

/** Needs our own notification at the service. */
export async function probeAutomaticAcceptance(probing: Probing): Promise<void> {
  const { clients, service, steps, connections, caught, options, findings } = probing;
  const asks = (AcceptanceRequired: boolean) =>
    clients.ec2.send(new ModifyVpcEndpointServiceConfigurationCommand({ ServiceId: service.id, AcceptanceRequired }));
  const limit = options.waits.notified + options.waits.quiet + 6 * MINUTE;
  await steps.probe("an endpoint while no acceptance is asked for", limit, async (wait) => {
    await asks(false);
    const since = Date.now();
    const endpoint = await connections.ask();
    await wait.until("available", () => connections.is(endpoint, "available"));
    const connect = await hears(probing, wait, endpoint, "Connect", since);
    const accept = await wait.within(options.waits.quiet, () => caught.told(endpoint, "Accept", since));
    const says = `Connect: ${connect === undefined ? "no" : "yes"}, Accept: ${accept === undefined ? "no" : "yes"}`;
    if (connect === undefined && accept === undefined) findings.missed("accept-event-on-automatic", `nothing came: ${says}`);
    else findings.compared("accept-event-on-automatic", accept !== undefined, says);
    await connections.delete([endpoint]);
  });
  await steps.need("the service asks for acceptance again", MINUTE, async () => void (await asks(true)));
}

/** Drawbridge brings its own; ours has served. */
export async function stopListening({ clients, service, steps }: Probing): Promise<void> {
  await steps.need("our own notification removed", MINUTE, async () => {
    const Filters = [{ Name: "service-id", Values: [service.id] }];
    const { ConnectionNotificationSet = [] } = await clients.ec2.send(new DescribeVpcEndpointConnectionNotificationsCommand({ Filters }));
    const ids = ConnectionNotificationSet.flatMap(({ ConnectionNotificationId }) => ConnectionNotificationId ?? []);
    if (ids.length > 0) await clients.ec2.send(new DeleteVpcEndpointConnectionNotificationsCommand({ ConnectionNotificationIds: ids }));
  });
}

/** Last of all: a name that is not verified may keep new endpoints out. */
export async function probePrivateDns({ clients, service, made, steps, options, findings }: Probing): Promise<void> {
  const ServiceId = service.id;
  const settle = Math.min(options.waits.quiet, MINUTE);
  const stateOf = async (): Promise<string | undefined> => {
    const { ServiceConfigurations = [] } = await clients.ec2.send(
      new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [ServiceId] }),
    );
    return ServiceConfigurations[0]?.PrivateDnsNameConfiguration?.State;
  };
  await steps.probe("a private DNS name without its TXT record", 3 * MINUTE, async (wait) => {
    await clients.ec2.send(new ModifyVpcEndpointServiceConfigurationCommand({ ServiceId, PrivateDnsName: `${made.note.run}.example.com` }));
    let refusal: string | undefined;
    try {
      await clients.ec2.send(new StartVpcEndpointServicePrivateDnsVerificationCommand({ ServiceId }));
    } catch (error) {
      refusal = told(error);
    }
    await wait.within(settle, async () => ((await stateOf()) === "pendingVerification" ? undefined : true));
    const state = await stateOf();
    findings.judged("private-dns", state !== "verified", `${state ?? "no state"}${refusal === undefined ? "" : `; ${refusal}`}`, {
      state,
      refusal,
    });
    await clients.ec2.send(new ModifyVpcEndpointServiceConfigurationCommand({ ServiceId, RemovePrivateDnsName: true }));
  });
}

export async function probeZone(
  { clients, made, steps, findings }: Pick<Probing, "clients" | "made" | "steps" | "findings">,
  zone: Zone,
): Promise<void> {
  const set: ResourceRecordSet = {
    Name: `busy.${made.note.run}.${zone.name}`,
    Type: "TXT",
    TTL: 60,
    ResourceRecords: [{ Value: '"smoke"' }],
  };
  const change = async (Action: "CREATE" | "DELETE"): Promise<void> =>
    void (await clients.route53Once.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId: zone.id, ChangeBatch: { Changes: [{ Action, ResourceRecordSet: set }] } }),
    ));
  await steps.probe("two changes of the zone in a row", 3 * MINUTE, async (wait) => {
    await wait.until("the first change", async () => change("CREATE").then(() => true));
    const since = Date.now();
    let refusals = 0;
    await wait.until("the second change", async () => {
      try {
        await change("DELETE");
        return true;
      } catch (error) {
        refusals += 1;
        throw error;
      }
    });
    const ms = refusals === 0 ? 0 : Date.now() - since;
    findings.compared("zone-busy", ms, refusals === 0 ? "it does not" : `it did, ${String(refusals)} times over ${String(ms)} ms`, {
      refusals,
      ms,
    });
  });
}
