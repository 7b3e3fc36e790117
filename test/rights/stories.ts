// Everything that the deployed system does, told story by story: each right that is granted must be needed by one of them.
import { accounts, zoneName, type Offered, type World } from "./world.ts";

export interface Story {
  /** As the list in docs/rights.md names it. */
  readonly name: string;
  tell(world: World, told: Told): Promise<void>;
}

/** What earlier stories left for later ones. */
export interface Told {
  payments?: Offered;
  acme?: string;
  unknown?: string;
}

const { provider, acme, unknown, barred, umbrella, management } = accounts;
type Members = Readonly<Record<string, unknown>>;

export const stories: readonly Story[] = [
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
  {
    name: "an invitation subscribes its contact to the outcomes of their own account",
    async tell(world, told) {
      const invite = ["invite", acme, "--service", service(told), "--name", "acme", "--contact", "ops@acme.example", "--tell-contact"];
      await world.drawbridge(...invite);
      // Local SNS has confirmed the address already, and knows no such token.
      await world.drawbridge(...invite, "--contact-link", "https://sns.example/confirmation.html?Token=0123456789abcdef").then(
        () => Promise.reject(new Error("a made-up token was taken")),
        () => undefined,
      );
    },
  },
  {
    name: "an operator approves one connection and rejects another by the command",
    async tell(world, told) {
      const good = await world.connect(unknown, offered(told));
      const bad = await world.connect(unknown, offered(told));
      await world.becomes(good, "asking");
      await world.becomes(bad, "asking");
      await world.drawbridge("approve", good, "--reason", "known partner");
      await world.drawbridge("reject", bad, "--reason", "not a customer");
      await world.becomes(good, "connected");
      await world.becomes(bad, "rejected");
    },
  },
  {
    name: "an approver is asked in Slack, and presses a button; another answer comes meanwhile, and is given back to its queue",
    async tell(world) {
      const asked = await world.offer();
      await world.drawbridge("services", "add", asked.id, "--no-names", "--yes");
      await world.drawbridge("approvers", "add", "sue", "--slack", "U0SUE00000");
      await world.drawbridge("services", "set", asked.id, "--approver", "sue", "--yes");
      const press = (about: string, action: string) => world.local.slack.press({ user: "U0SUE00000", action, about });
      const approved = await slackAbout(world, await world.connect(unknown, asked));
      await press(approved.endpoint, "drawbridge-approve");
      await world.becomes(approved.endpoint, "connected");

      const { endpoint, question } = await slackAbout(world, await world.connect(unknown, asked));
      const claim = { kind: { S: "answering" }, id: { S: question } };
      const TableName = world.idOf("ProofsTable");
      const expiresAt = { N: String(Math.ceil(Date.now() / 1000) + 600) };
      await world.aws("dynamodb", "PutItem", { TableName, Item: { ...claim, holder: { S: "somebody" }, expiresAt } });
      const givenBack = (): number => world.local.counts()["sqs:ChangeMessageVisibilityBatch"] ?? 0;
      const before = givenBack();
      await press(endpoint, "drawbridge-reject");
      await world.until("the answer is given back", () => givenBack() > before || undefined);
      await world.aws("dynamodb", "DeleteItem", { TableName, Key: claim });
      await world.becomes(endpoint, "rejected");
    },
  },
  {
    name: "an approver is named and confirms; a burst comes in one message with one list; a code opens it, and an answer about the account writes an entry",
    async tell(world) {
      const named = await world.offer();
      await world.drawbridge("services", "add", named.id, "--no-names", "--yes");
      await world.drawbridge("approvers", "add", "ann", "--email", "ann@payments.example", "--arn", `arn:aws:iam::${provider}:user/ann`);
      // Local SNS has confirmed the address already, and knows no such token.
      const link = "https://sns.example/confirmation.html?Token=0123456789abcdef";
      await world.drawbridge("approvers", "confirm", "ann", "--link", link).then(
        () => Promise.reject(new Error("a made-up token was taken")),
        () => undefined,
      );
      await world.drawbridge("approvers", "test", "ann");
      await world.tick();
      if (!(await world.drawbridge("approvers", "list")).includes("ann@payments.example")) throw new Error("the approver is not listed");
      await world.drawbridge("services", "set", named.id, "--approver", "ann", "--account-answers", "yes", "--yes");
      await world.drawbridge("ask", unknown, "--service", named.id);
      const first = await world.connect(unknown, named);
      await world.becomes(first, "asking");
      await stillToMail(world, first);
      const endpoints = [first, await world.connect(unknown, named)];
      const path = new URL(await world.until("the list", () => mailedTo(world, /https?:\/\/\S+\/q\/\S+/))).pathname;
      const page = visitor(world.local.api);
      await page(path);
      await page(path, { do: "code" });
      const code = (await world.until("the code", () => mailedTo(world, /(?<=^Your code: )[\d ]+/))).replace(" ", "");
      const list = await page(path, { do: "enter", code });
      const [question = ""] = /\/a\/[\w-]+/.exec(list) ?? [];
      await page(question);
      await page(question, { choice: "approve-account" });
      for (const endpoint of endpoints) await world.becomes(endpoint, "connected");
    },
  },
  {
    name: "one operator breaks the glass, and every approver is told; an approver leaves",
    async tell(world) {
      const named = await world.offer();
      await world.drawbridge("services", "add", named.id, "--no-names", "--yes");
      await world.drawbridge("services", "set", named.id, "--approver", "ann", "--yes");
      const endpoint = await world.connect(umbrella, named);
      await world.becomes(endpoint, "asking");
      await world.drawbridge("approve", endpoint, "--break-glass", "--reason", "payments are down");
      await world.becomes(endpoint, "connected");
      await world.until("the approver is told", () => mailedTo(world, /Break-glass/i));
      await world.drawbridge("approvers", "remove", "ann", "--yes");
    },
  },
  {
    name: "EC2 throttles: admit gives its messages back early, and comes again",
    async tell(world, told) {
      const accept = (): Promise<unknown> =>
        world.aws("ec2", "AcceptVpcEndpointConnections", { ServiceId: service(told), VpcEndpointIds: ["vpce-0123456789abcdef0"] });
      await expectThrottle(accept);
      await world.becomes(await world.connect(acme, offered(told)), "connected");
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
      const off = async (AcceptanceRequired: boolean): Promise<void> => {
        await world.aws("ec2", "ModifyVpcEndpointServiceConfiguration", { ServiceId: service(told), AcceptanceRequired });
        await world.tick();
      };
      await off(false);
      await off(true);
      const history = await world.drawbridge("audit", "--service", service(told), "--json");
      if (!history.includes("AcceptanceSwitchedOff")) throw new Error("the log does not say that acceptance was switched off");
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
      await world.drawbridge("services", "enforce", trial.id, "--yes");
      await world.becomes(early, "asking");
      await world.drawbridge("services", "list");
      await world.drawbridge("services", "show", trial.id);
      const link = await linkTo(world, early);
      await world.drawbridge("services", "remove", trial.id, "--yes");
      if ((await answer(link, "approve", barred)) !== 409) throw new Error("an answer was taken for a service that is not in care");
    },
  },
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
    name: "a consumer's VPC may see the private zone while its connection lives",
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
      await world.until("the authorization", async () => {
        await world.tick();
        return (await authorized()).includes(VPCId) || undefined;
      });
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
  {
    name: "the log is sealed each minute; a new instance goes on from the last checkpoint, and one that cannot is set aside",
    async tell(world) {
      await world.tick();
      world.local.crash("checkpoint");
      await world.drawbridge("ask", barred, "--service", "*");
      await world.tick();
      world.local.crash("checkpoint");
      const refusal = world.local.faults.refuse({
        service: "dynamodb",
        action: "Query",
        by: "checkpoint",
        code: "ValidationException",
        status: 400,
      });
      await world.tick();
      await arrives(world, "CheckpointFailures");
      refusal.lift();
    },
  },
  {
    name: "an operator looks connections, questions and entries up",
    async tell(world, told) {
      const endpoint = needed(told.unknown);
      await world.drawbridge("connections", "--service", service(told));
      await world.drawbridge("connections", "--account", acme);
      await world.drawbridge("connections", "--status", "asking");
      await world.drawbridge("pending");
      await world.drawbridge("show", endpoint);
      await world.drawbridge("show", acme);
      await world.drawbridge("list", "--service", service(told));
    },
  },
  {
    name: "an auditor asks the log by service, account, person, decision, kind and time",
    async tell(world, told) {
      await world.drawbridge("audit");
      await world.drawbridge("audit", "--service", service(told));
      await world.drawbridge("audit", "--account", acme);
      await world.drawbridge("audit", "--actor", `arn:aws:iam::${provider}:root`);
      await world.drawbridge("audit", "--decision", "accepted");
      await world.drawbridge("audit", "--type", "ConnectionRequested");
    },
  },
  {
    name: "an event that nobody can read comes over the bus: notify and slack set it aside",
    async tell(world) {
      const Entries = [
        { EventBusName: world.local.outputs["BusName"], Source: "drawbridge", DetailType: "ApprovalRequested", Detail: "{}" },
      ];
      await world.aws("events", "PutEvents", { Entries });
      await arrives(world, "NotifyFailures");
      await arrives(world, "SlackFailures");
    },
  },
  {
    name: "a row that nobody can read comes into the log: publish sets it aside and goes on",
    async tell(world) {
      const Item = { subject: { S: "connection#broken" }, seq: { S: "0000000001" }, event: { S: "broken" } };
      await world.aws("dynamodb", "PutItem", { TableName: world.idOf("AuditLogTable"), Item });
      await arrives(world, "PublishFailures");
    },
  },
  {
    name: "a setting that nobody can read stops the sweep: it is set aside",
    async tell(world) {
      const TableName = world.idOf("SettingsTable");
      const Key = { kind: { S: "service" }, id: { S: "broken" } };
      await world.aws("dynamodb", "PutItem", { TableName, Item: Key });
      await world.tick();
      await arrives(world, "SweepFailures");
      await world.aws("dynamodb", "DeleteItem", { TableName, Key });
    },
  },
  {
    name: "an alarm rings",
    async tell(world) {
      await world.local.ring("ObserveDeadLettersAlarm");
      await world.until("its mail", () => world.local.letters.some(({ to }) => to === "on-call@payments.example") || undefined);
    },
  },
  {
    name: "what the rules wake is gone: the events are kept for it",
    async tell(world) {
      const bus = world.local.outputs["BusName"];
      const put = (DetailType: string, detail: Members = {}): Promise<Members> =>
        world.aws("events", "PutEvents", {
          Entries: [{ EventBusName: bus, Source: "drawbridge", DetailType, Detail: JSON.stringify(detail) }],
        });
      for (const [rule, undelivered] of Object.entries(undeliveredOf)) await missTarget(world, rule, undelivered);
      await put("EntryAdded", { by: { kind: "operator" } });
      await put("ApprovalRequested");
      await put("ConnectionAvailable");
      await world.aws("ec2", "RejectVpcEndpointConnections", {
        ServiceId: (await world.offer()).id,
        VpcEndpointIds: ["vpce-0123456789abcdef0"],
      });
      await world.tick();
      for (const undelivered of Object.values(undeliveredOf)) await arrives(world, undelivered);
    },
  },
  {
    name: "the observe queue is gone: PrivateLink's notifications are kept for it",
    async tell(world, told) {
      await world.aws("sqs", "DeleteQueue", { QueueUrl: world.idOf("ObserveQueue") });
      await world.connect(umbrella, offered(told));
      await arrives(world, "ConnectionsUndelivered");
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

/** Uses up the calls that the account has at the moment. */
async function expectThrottle(call: () => Promise<unknown>): Promise<void> {
  for (let calls = 0; calls < 100; calls += 1) {
    try {
      await call();
    } catch (error) {
      if (error instanceof Error && /limit exceeded/i.test(error.message)) return;
      throw error;
    }
  }
  throw new Error("EC2 does not throttle");
}

const undeliveredOf = {
  AdmitRule: "AdmitUndelivered",
  NotifyRule: "NotifyUndelivered",
  SlackRule: "SlackUndelivered",
  DnsRule: "DnsUndelivered",
  OutsideRule: "OutsideUndelivered",
  SweepSchedule: "SweepFailures",
  CheckpointSchedule: "CheckpointFailures",
  ArchiveRule: "ArchiveUndelivered",
} as const;

/** Points a rule at a queue that does not exist, as if its own were deleted. */
async function missTarget(world: World, rule: string, undelivered: string): Promise<void> {
  const [, path = ""] = world.arnOf(rule).split(":rule/");
  const [bus, name] = path.includes("/") ? path.split("/") : ["default", path];
  const Rule = name ?? "";
  const { Targets } = await world.aws("events", "ListTargetsByRule", { Rule, EventBusName: bus });
  const [target] = Targets as readonly Members[];
  const Arn = `arn:aws:sqs:eu-west-1:${provider}:gone`;
  const gone = { ...target, Arn, DeadLetterConfig: { Arn: world.arnOf(undelivered) } };
  await world.aws("events", "PutTargets", { Rule, EventBusName: bus, Targets: [gone] });
}

/** Somebody made the notification tell of less. */
async function narrowed(world: World, { id }: Offered): Promise<void> {
  const { ConnectionNotificationSet } = await world.aws("ec2", "DescribeVpcEndpointConnectionNotifications", {});
  const own = (ConnectionNotificationSet as readonly Members[]).find(({ ServiceId }) => ServiceId === id);
  await world.aws("ec2", "ModifyVpcEndpointConnectionNotification", {
    ConnectionNotificationId: own?.["ConnectionNotificationId"],
    ConnectionEvents: ["Connect"],
  });
}

async function arrives(world: World, queue: string): Promise<void> {
  await world.until(`a message in ${queue}`, async () => (await world.waiting(queue)) > 0 || undefined);
}

async function aliases(world: World): Promise<string[]> {
  const { ResourceRecordSets } = await world.aws("route53", "ListResourceRecordSets", { HostedZoneId: world.zoneId });
  return (ResourceRecordSets as readonly Members[]).filter(({ Type }) => Type === "A").map(({ Name }) => String(Name));
}

async function linkTo(world: World, endpoint: string): Promise<string> {
  return world.until("the mail with its link", () => {
    const letter = world.local.letters.find(({ channel, text }) => channel === "email" && text.includes(endpoint) && text.includes("/a/"));
    return /https?:\/\/\S+\/a\/\S+/.exec(letter?.text ?? "")?.[0];
  });
}

/** One notify at a time is at work here: what another one of many would have put down beside it. */
async function stillToMail(world: World, endpoint: string): Promise<void> {
  const { Item } = await world.aws("dynamodb", "GetItem", {
    TableName: world.idOf("ConnectionsTable"),
    Key: { endpoint: { S: endpoint } },
  });
  const { question } = Item as { readonly question: { readonly M: Members } };
  const data = { M: { endpoint: { S: endpoint }, question: question.M["id"], occasion: { S: "asked" } } };
  const mark = { kind: { S: "to-mail#ann" }, id: { S: `connection#${endpoint}#again` }, data };
  const expiresAt = { N: String(Math.ceil(Date.now() / 1000) + 600) };
  await world.aws("dynamodb", "PutItem", { TableName: world.idOf("ProofsTable"), Item: { ...mark, expiresAt } });
}

/** What the newest letter to the approver holds of this. */
const mailedTo = (world: World, part: RegExp): string | undefined =>
  world.local.letters
    .filter(({ to }) => to === "ann@payments.example")
    .flatMap(({ subject, text }) => part.exec(`${text}\n${subject}`)?.[0] ?? [])
    .at(-1);

/** A browser that keeps its cookie, and sends forms with the field that the page gave them. */
function visitor(api: string): (path: string, fields?: Readonly<Record<string, string>>) => Promise<string> {
  let [cookie, html] = ["", ""];
  return async (path, fields) => {
    const guard = /name="guard" value="([^"]+)"/.exec(html)?.[1] ?? "";
    const sent = fields === undefined ? {} : { method: "POST", body: new URLSearchParams({ guard, ...fields }) };
    const reply = await fetch(new URL(path, api), { ...sent, headers: cookie === "" ? {} : { cookie } });
    cookie = reply.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    html = await reply.text();
    if (!reply.ok) throw new Error(`${path} answered ${String(reply.status)}`);
    return html;
  };
}

/** Fills the page's form as a person would. */
async function answer(link: string, choice: string, account: string): Promise<number> {
  const page = await (await fetch(link)).text();
  const hidden = [...page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]): [string, string] => [
    attribute(input, "name"),
    attribute(input, "value"),
  ]);
  const body = new URLSearchParams([...hidden, ["choice", choice], ["confirm", account.slice(-4)], ["reason", "known from the trial"]]);
  const reply = await fetch(link, { method: "POST", body, headers: { origin: new URL(link).origin } });
  return reply.status;
}

const attribute = (tag: string, name: string): string => (new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "").replaceAll("&amp;", "&");

const offered = ({ payments }: Told): Offered => {
  if (payments === undefined) throw new Error("no service is offered yet");
  return payments;
};
/** Once the question stands in Slack. */
async function slackAbout(world: World, endpoint: string): Promise<{ endpoint: string; question: string }> {
  const question = await world.until("a question in Slack", () => {
    const post = world.local.slack.posts.find(({ blocks }) => JSON.stringify(blocks).includes(endpoint));
    return /question\\+":\\+"([\w-]+)/.exec(JSON.stringify(post?.blocks ?? []))?.[1];
  });
  return { endpoint, question };
}

const service = (told: Told): string => offered(told).id;
const needed = (endpoint: string | undefined): string => {
  if (endpoint === undefined) throw new Error("an earlier story has not left its connection");
  return endpoint;
};
