// The command invite: the entry that it writes, the letter, the mail, and what it says before it writes.
import { describe, expect, test } from "vitest";
import { service } from "../operator/desk.ts";
import { typist } from "./typist.fixture.ts";

const desk = typist();
const { run, expectRefused } = desk;

test("an invitation to every service at once is refused with exit code 2", async () => {
  await expectRefused("invite 222222222222 --service *", "--service '*' is no service to connect to");
});

test("an invitation is printed again with nothing written; what is given changes the entry that is there", async () => {
  const first = await run(`invite 222222222222 --service ${service} --name acme --region eu-west-1 --expires 2027-12-31`);
  const before = desk.at.types().length;
  const again = await run(`invite 222222222222 --service ${service}`);
  expect(again).toMatchObject({ code: 0, out: first.out, err: expect.stringContaining("Nothing changed, it says so already: ") });
  expect(desk.at.types()).toHaveLength(before);
  const ticket = await run(`invite 222222222222 --service ${service} --ticket NET-1 --region eu-west-1 --expires 2027-12-31`);
  expect(ticket.err).toContain("Differs: ticket none → NET-1\n");
  expect(ticket.out).toBe(first.out);
  expect(await run(`invite 222222222222 --service ${service} --ticket NET-2`)).toMatchObject({ code: 1, out: "" });
});

test("an invitation is printed as a mail that sendmail takes", async () => {
  const { code, out } = await run(`invite 222222222222 --service ${service} --name acme --mail network@acme.example`);
  expect(code).toBe(0);
  const [head = "", ...letter] = out.split("\n\n");
  expect(head.split("\n")).toEqual([
    "To: network@acme.example",
    `Subject: acme: you may connect to com.amazonaws.vpce.eu-west-1.${service}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  ]);
  expect(letter.join("\n\n")).toContain("aws ec2 create-vpc-endpoint");
  const refused = await run(`invite 222222222222 --service ${service} --mail a@b.example,c@d.example`);
  expect(refused).toMatchObject({ code: 2, out: "" });
});

test("an invitation subscribes the contact when it is told to, and takes the link that they sent on", async () => {
  const invite = `invite 222222222222 --service ${service} --name acme --contact ops@acme.example`;
  expect(await run(`invite 222222222222 --service ${service} --tell-contact`)).toMatchObject({ code: 2, out: "" });
  expect(await run(`${invite} --contact-link https://sns.example/?Token=0123456789`)).toMatchObject({ code: 2, out: "" });
  expect((await run(invite)).err).not.toContain("AWS mails");
  expect(desk.at.world.contacts.held.size).toBe(0);
  const asked = await run(`${invite} --tell-contact --json`);
  expect(JSON.parse(asked.out)).toMatchObject({
    contact: { address: "ops@acme.example", account: "222222222222", subscription: "mailed" },
  });
  expect(asked.err).toContain("AWS mails ops@acme.example a link");
  const link = `https://sns.example/confirmation.html?Token=${desk.at.world.contacts.tokenOf("ops@acme.example")}`;
  expect((await run(`${invite} --tell-contact --contact-link ${link}`)).err).toContain("only AWS credentials can end it");
  expect([...desk.at.world.contacts.held.values()]).toMatchObject([{ confirmed: true, protected: true }]);
  expect(desk.at.types().filter((type) => type.startsWith("Entry"))).toEqual(["EntryAdded"]);
});

test("an invitation writes the entry, and prints a letter that stands by itself", async () => {
  const { code, out, err } = await run(`invite 222222222222 --service ${service} --name acme`);
  expect(code).toBe(0);
  expect(err).toBe(`Added: account 222222222222 (acme) at ${service}: accept, version 1\n`);
  expect(out).toMatchInlineSnapshot(`
    "acme: you may connect to com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001

    Account:  222222222222
    Service:  com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001 in eu-west-1
    Connect:  from eu-west-1
    Name:     acme.privatelink.example.com, as soon as you are connected

    Your request is accepted automatically, mostly within seconds. Choose one of three ways:

    1. AWS CLI

    VPC=vpc-…  SUBNETS='subnet-… subnet-…'  GROUP=sg-…
    ENDPOINT=$(aws ec2 create-vpc-endpoint --region eu-west-1 --vpc-endpoint-type Interface \\
      --service-name com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001 \\
      --vpc-id "$VPC" --subnet-ids $SUBNETS --security-group-ids "$GROUP" \\
      --query VpcEndpoint.VpcEndpointId --output text)
    aws ec2 describe-vpc-endpoints --region eu-west-1 --vpc-endpoint-ids "$ENDPOINT" --query 'VpcEndpoints[0].State'

    2. Terraform

    variable "vpc_id" { type = string }
    variable "subnet_ids" { type = list(string) }
    variable "security_group_ids" { type = list(string) }

    resource "aws_vpc_endpoint" "this" {
      vpc_endpoint_type   = "Interface"
      service_name        = "com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001"
      vpc_id              = var.vpc_id
      subnet_ids          = var.subnet_ids
      security_group_ids  = var.security_group_ids
      private_dns_enabled = false # true only after acceptance
    }

    3. CloudFormation

    Parameters:
      Vpc: { Type: AWS::EC2::VPC::Id }
      Subnets: { Type: List<AWS::EC2::Subnet::Id> }
      Groups: { Type: List<AWS::EC2::SecurityGroup::Id> }
    Resources:
      Endpoint:
        Type: AWS::EC2::VPCEndpoint
        Properties:
          VpcEndpointType: Interface
          ServiceName: com.amazonaws.vpce.eu-west-1.vpce-svc-00000000000000001
          VpcId: !Ref Vpc
          SubnetIds: !Ref Subnets
          SecurityGroupIds: !Ref Groups
          PrivateDnsEnabled: false # true only after acceptance

    Private DNS: AWS refuses it while the request waits. Once the state is available, and if the service has a private DNS
    name of its own:

    aws ec2 modify-vpc-endpoint --region eu-west-1 --vpc-endpoint-id "$ENDPOINT" --private-dns-enabled

    In Terraform set private_dns_enabled = true, in CloudFormation PrivateDnsEnabled: true, and apply or update once more.
    "
  `);
});

describe("an invitation", () => {
  test.each(["any", "o-abcdefghij", "ou-ab12-cdefgh34", "vpce-0123456789abcdef0"])("is for one account, and not for %s", async (whom) => {
    const { code, err, out } = await run(`invite ${whom} --service ${service} --yes`);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`${whom} is no account; invite one account by its twelve digits`);
    expect(desk.at.types().filter((type) => type.startsWith("Entry"))).toEqual([]);
  });

  test("says before it writes that a reject entry keeps them out, and writes nothing without a yes", async () => {
    await run(`deny any --service * --yes`);
    const invite = `invite 222222222222 --service ${service} --name acme`;
    const refused = await run(invite, { answer: "n" });
    expect(refused).toMatchObject({ code: 1, out: "", questions: ["They would not be let in. Go on? [y/N] "] });
    expect(refused.err).toContain("With this entry it would be rejected, because anyone at every service: reject, version 1.");
    expect(desk.at.types().filter((type) => type.startsWith("Entry"))).toEqual(["EntryAdded"]);
    const done = await run(`${invite} --yes --json`);
    expect(JSON.parse(done.out)).toMatchObject({ changed: true, verdict: "reject" });
  });

  test("says that a freeze has people asked, and the letter promises nothing else", async () => {
    await run(`freeze all --reason "incident 42" --yes`);
    const { code, err, out } = await run(`invite 222222222222 --service ${service} --name acme`);
    expect(code).toBe(0);
    expect(err).toContain("With this entry approvers would be asked, because account 222222222222 (acme)");
    expect(err).toContain("incident 42");
    expect(out).toContain("Your request waits until it is decided about.");
    expect(out).not.toContain("accepted automatically");
  });

  test("is not written where the service is not offered, or the contact is no address", async () => {
    const elsewhere = await run(`invite 222222222222 --service ${service} --name acme --region ap-south-1`);
    expect(elsewhere).toMatchObject({ code: 1, out: "" });
    expect(elsewhere.err).toContain("ap-south-1: the service is not offered there");
    expect(await run(`invite 222222222222 --service ${service} --contact nobody --tell-contact`)).toMatchObject({ code: 2, out: "" });
    expect(desk.at.types().filter((type) => type.startsWith("Entry"))).toEqual([]);
  });

  test("takes the entry's address type into every way to connect", async () => {
    const { out } = await run(`invite 222222222222 --service ${service} --name acme --ip-type dualstack`);
    for (const words of ["--ip-address-type dualstack", 'ip_address_type     = "dualstack"', "IpAddressType: dualstack"])
      expect(out).toContain(words);
  });
});
