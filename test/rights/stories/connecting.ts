// Connecting: services in care, accounts on the list and off it, lost notifications.

import { aliases, answer, linkTo, offered, service, type Story } from "./story.ts";
import { accounts, zoneName } from "../world.ts";

const { acme, unknown, umbrella } = accounts;

export const connecting: readonly Story[] = [
  {
    name: "the operator configures Slack, then takes a service with connections into care",
    async tell(world, told) {
      const SecretString = world.local.slack.secret();
      await world.aws("secretsmanager", "PutSecretValue", { SecretId: world.local.outputs["SlackSecretArn"], SecretString });
      const payments = await world.offer();
      told.payments = payments;
      const before = [await world.connect(acme, payments), await world.connect(umbrella, payments)];
      await world.aws("ec2", "AcceptVpcEndpointConnections", { ServiceId: payments.id, VpcEndpointIds: before });
      await world.drawbridge("services", "add", payments.id, "--zone", zoneName, "--yes");
      for (const endpoint of before) await world.becomes(endpoint, "adopted");
    },
  },
  {
    name: "an account on the list connects, and gets its name",
    async tell(world, told) {
      await world.drawbridge("allow", acme, "--service", service(told), "--name", "acme");
      told.acme = await world.connect(acme, offered(told));
      await world.becomes(told.acme, "connected");
      await world.until("its alias", async () => (await aliases(world)).includes(`acme.${zoneName}.`) || undefined);
    },
  },
  {
    name: "two accounts connect while notifications are lost: the sweep finds them, and one name gets a suffix",
    async tell(world, told) {
      await world.drawbridge("allow", umbrella, "--service", service(told), "--name", "umbrella");
      world.local.faults.loseNotifications(2);
      const lost = [await world.connect(umbrella, offered(told)), await world.connect(umbrella, offered(told))];
      await world.tick();
      for (const endpoint of lost) await world.becomes(endpoint, "connected");
      await world.until(
        "two names",
        async () => (await aliases(world)).filter((name) => name.startsWith("umbrella")).length === 2 || undefined,
      );
    },
  },
  {
    name: "an account off the list is asked about, and approved by the link in the mail",
    async tell(world, told) {
      told.unknown = await world.connect(unknown, offered(told));
      await world.becomes(told.unknown, "asking");
      const link = await linkTo(world, told.unknown);
      if ((await answer(link, "approve", unknown)) !== 200) throw new Error("the answer was refused");
      await world.becomes(told.unknown, "connected");
      const settled = await (await fetch(link)).text();
      if (!settled.includes(told.unknown)) throw new Error("the page of a settled question does not say of which connection");
      if (!world.local.letters.some(({ channel, text }) => channel === "slack" && text.includes(unknown)))
        throw new Error("Slack was not told");
    },
  },
];
