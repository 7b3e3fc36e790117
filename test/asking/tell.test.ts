// People are told: once, of what still matters, where they can be reached.

import { describe, expect, test } from "vitest";
import { byMail } from "../../lib/asking/by-mail.ts";
import { bySlack } from "../../lib/asking/by-slack.ts";
import { tell, type Channel, type Committed } from "../../lib/asking/tell.ts";
import type { Entry } from "../../lib/allow-list.ts";
import { Fault } from "../../lib/faults.ts";
import { zoneId, type Instant } from "../../lib/ids.ts";
import { serviceSubject } from "../../lib/ledger.ts";
import type { Service } from "../../lib/service.ts";
import { serviceEvent } from "../contracts/samples.ts";
import { accountOf } from "../fakes/endpoint-services.ts";
import { readSecret } from "../../lib/slack/secret.ts";
import type { Post } from "../../lib/slack/web-api.ts";
import { asked, endpoint, publicUrl, service, stranger, type Asked } from "./given.ts";

const mailed = (world: Asked) => byMail(world.people.port);
const telling = (world: Asked, told: Committed, channel: Channel = mailed(world), holder?: string) =>
  tell({ ...world.ports(holder), publicUrl }, channel, told);

describe("a question", () => {
  test("goes to the approvers with the facts and a link that opens it", async () => {
    const world = await asked((story) =>
      story.entry({ verdict: "ask", principal: `account#${stranger}`, name: "Zoë & Co", contact: "z@example.com" }),
    );
    expect(await telling(world, world.told("ApprovalRequested"))).toBe("sent");
    const [mail] = world.people.approvals;
    expect(mail?.subject).toBe(`Approve? account ${stranger} (Zoe & Co) asks to connect to ${service}`);
    for (const fact of [
      stranger,
      "Zoë & Co",
      "z@example.com",
      endpoint,
      service,
      "eu-west-1",
      "23 Nov 2026, 12:00 UTC",
      "(Zoë & Co) says that people decide",
    ])
      expect(mail?.text).toContain(fact);
    expect(mail?.attributes).toEqual({ type: "ApprovalRequested", service, account: stranger, endpoint, decision: "asked" });
    const token = new RegExp(`^${publicUrl}/a/(\\S+)$`, "m").exec(mail?.text ?? "")?.[1] ?? "";
    expect((await world.http("GET", { token })).status).toBe(200);
    expect((await world.answer({}, token)).status).toBe(200);
    expect(world.people.decisions).toEqual([]);
  });

  test("that is closed meanwhile is put to nobody", async () => {
    const world = await asked();
    const told = world.told("ApprovalRequested");
    await world.answer({ choice: "reject" });
    expect(await telling(world, told)).toBe("outdated");
    expect(world.people.approvals).toEqual([]);
    expect(await telling(world, { ...told, question: "another" })).toBe("outdated");
  });

  test("is put once, however often the bus repeats it", async () => {
    const world = await asked();
    const told = world.told("ApprovalRequested");
    const results = await Promise.all(
      Array.from({ length: 5 }, async (_, index) => telling(world, told, mailed(world), `instance-${String(index)}`)),
    );
    expect(results.filter((result) => result === "sent")).toHaveLength(1);
    world.clock.advance(14 * 24 * 3600);
    expect(await telling(world, told, mailed(world), "redriven")).toBe("sent before");
    expect(world.people.approvals).toHaveLength(1);
  });

  test("goes to each channel by itself", async () => {
    const world = await asked();
    const posts: string[] = [];
    const slack = bySlack(new URL("https://hooks.slack.com/services/T/B/x"), async (_, json) => {
      posts.push(json);
      return { status: 200, text: "ok" };
    });
    expect(await telling(world, world.told("ApprovalRequested"))).toBe("sent");
    expect(await telling(world, world.told("ApprovalRequested"), slack)).toBe("sent");
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatch(new RegExp(`"url":"${publicUrl}/a/[\\w-]+"`));
    for (const fact of [stranger, endpoint, service, "Nothing on the allow-list matches"]) expect(posts[0]).toContain(fact);
  });

  test("whose approvers are named is only told of by a webhook: no link that is nobody's, and no promise", async () => {
    const world = await asked((story) =>
      story.approvers([
        { name: "ann", email: "ann@example.com" },
        { name: "bob", slack: "U0BOB00000" },
      ]),
    );
    const posts: string[] = [];
    const slack = bySlack(new URL("https://hooks.slack.com/services/T/B/x"), async (_, json) => {
      posts.push(json);
      return { status: 200, text: "ok" };
    });
    expect(await telling(world, world.told("ApprovalRequested"), slack)).toBe("sent");
    for (const fact of [stranger, endpoint, service, "Nothing on the allow-list matches", "ann and bob have been asked"])
      expect(posts[0]).toContain(fact);
    expect(posts[0]).not.toMatch(/\/a\/|"url"|whoever has it|Look and decide/);
  });

  test("that could not be sent is sent at the next try", async () => {
    const world = await asked();
    const down: Channel = { name: "mail", send: async () => Promise.reject(new Fault("Throttled", "sns:Publish", "slow down", true)) };
    await expect(telling(world, world.told("ApprovalRequested"), down)).rejects.toThrow("slow down");
    expect(await telling(world, world.told("ApprovalRequested"), mailed(world), "next")).toBe("sent");
  });

  test("whose sender died half-way is sent at Lambda's next try", async () => {
    const world = await asked();
    const told = world.told("ApprovalRequested");
    const dies = Promise.withResolvers<undefined>();
    const dead: Channel = {
      name: "mail",
      send: async () => {
        dies.resolve(undefined);
        return new Promise(() => undefined);
      },
    };
    void telling(world, told, dead, "dead");
    await dies.promise;
    world.clock.advance(60);
    expect(await telling(world, told, mailed(world), "next")).toBe("sent");
  });
});

describe("news", () => {
  test("of a decision goes to those who want to know, with attributes to filter by", async () => {
    const world = await asked();
    await world.answer({ reason: "ticket 7" });
    expect(await telling(world, world.told("ConnectionApproved"))).toBe("sent");
    const [mail] = world.people.decisions;
    expect(mail?.subject).toBe(`Accepted: account ${stranger} at ${service}`);
    expect(mail?.text).toMatch(/Accepted by somebody with the link: ticket 7\./);
    // A consumer's contact may be the reader.
    expect(mail?.text).not.toMatch(/npx|drawbridge (show|audit)/);
    expect(mail?.attributes).toEqual({
      type: "ConnectionApproved",
      service,
      account: stranger,
      endpoint,
      decision: "accepted",
      by: "approver",
    });
    expect(JSON.parse(mail?.json ?? "")).toMatchObject({
      version: 1,
      type: "ConnectionApproved",
      reason: "ticket 7",
      byWords: "somebody with the link",
      endpoint,
    });
    expect(world.people.approvals).toEqual([]);
  });

  test("tells rejections, revocations, closings and what happens outside apart", async () => {
    const subjectAfter = async (change: (world: Asked) => Promise<unknown>, type: string): Promise<string | undefined> => {
      const world = await asked();
      await change(world);
      await telling(world, world.told(type));
      return world.people.decisions[0]?.subject;
    };
    expect(await subjectAfter((world) => world.answer({ choice: "reject" }), "ConnectionDenied")).toMatch(/^Rejected: /);
    const moved = (state: "available" | "rejected" | "deleted") => async (world: Asked) => {
      world.ec2.move(endpoint, state);
      await world.look(endpoint);
    };
    expect(await subjectAfter(moved("available"), "AcceptedOutside")).toMatch(/^Accepted outside Drawbridge: /);
    expect(await subjectAfter(moved("rejected"), "RejectedOutside")).toMatch(/^Rejected outside Drawbridge: /);
    expect(await subjectAfter(moved("deleted"), "ConnectionClosed")).toMatch(/^Closed: /);
  });

  test("of a rejection says why, and what the consumer can do", async () => {
    const world = await asked();
    await world.answer({ choice: "reject", reason: "ask procurement first" });
    await telling(world, world.told("ConnectionDenied"));
    const [mail] = world.people.decisions;
    expect(mail?.attributes["account"]).toBe(stranger);
    expect(mail?.text).toContain("ask procurement first");
    expect(mail?.text).toContain(`aws ec2 delete-vpc-endpoints --region eu-west-1 --vpc-endpoint-ids ${endpoint}`);
    expect(mail?.text).toMatch(/To be let in after all, settle the reason above .*, then create a new endpoint to /);
  });

  test("of a rejection by an entry says why its author wrote it, and how many others there are to nobody", async () => {
    const world = await asked(async (before) => {
      await before.entry({ principal: "any", verdict: "accept" });
      await before.entry({ principal: `account#${stranger}`, verdict: "reject", reason: "the contract ended" });
    });
    const told = world.told("ConnectionDenied");
    expect(told["reason"]).toBe("the contract ended");
    await telling(world, told);
    const [mail] = world.people.decisions;
    expect(mail?.text).toContain("; its reason: the contract ended.");
    expect(mail?.text).not.toMatch(/npx|drawbridge (show|audit)/);
    expect(JSON.parse(mail?.json ?? "{}")).toMatchObject({ reason: "the contract ended", type: "ConnectionDenied" });
    expect(mail?.json).not.toContain("findings");
  });

  describe("of an acceptance has what is left for the consumer to do:", () => {
    const id = zoneId("Z0123456789ABCDEFGHIJ");
    const vpc = { id: "vpc-0123456789abcdef0", region: "eu-west-1" };
    const associate = `aws route53 associate-vpc-with-hosted-zone --hosted-zone-id ${id} --vpc VPCRegion=eu-west-1,VPCId=${vpc.id}`;

    async function accepted(zone: NonNullable<Service["zone"]>, named: Partial<Entry>): Promise<{ text: string; json: unknown }> {
      const world = await asked((story) => story.entry({ verdict: "ask", principal: `account#${stranger}`, ...named }));
      const { ledger, services } = world.ports();
      const before = await services.get(service);
      if (before === undefined) throw new Error("the service is in care");
      const expected = await ledger.head(serviceSubject(service));
      const privateDns = { name: "api.example.com", state: "verified" };
      const after = { ...before, zone, privateDns, version: expected.seq + 1 };
      await ledger.commit({ of: "service", key: service, after, events: [serviceEvent(service)], expected });
      await world.answer({ reason: "ticket 7" });
      await telling(world, world.told("ConnectionApproved"));
      const [mail] = world.people.decisions;
      return { text: mail?.text ?? "", json: JSON.parse(mail?.json ?? "") as unknown };
    }

    test("its VPC is associated with the private zone, and private DNS switched on", async () => {
      const { text, json } = await accepted({ id, name: "payments.internal", isPrivate: true }, { vpc });
      expect(text).toMatch(/once, in the account of vpc-0123456789abcdef0, makes the names of payments\.internal known there/);
      expect(text.split("\n")).toContain(associate);
      expect(text).toContain(`aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint} --private-dns-enabled --region eu-west-1`);
      expect(json).toMatchObject({ privateZone: { id, name: "payments.internal", vpc }, privateDnsName: "api.example.com" });
    });

    test.each([
      ["a public zone", { id, name: "pl.example.com" }, { vpc }],
      ["no VPC named", { id, name: "payments.internal", isPrivate: true as const }, {}],
    ])("nothing of a zone with %s", async (_what, zone, named) => {
      const { text, json } = await accepted(zone, named);
      expect(text).not.toContain("associate-vpc-with-hosted-zone");
      expect(json).not.toHaveProperty("privateZone");
    });
  });

  test("of a service needs no connection, and a kind of event that came later is told as well", async () => {
    const world = await asked();
    const about = { at: world.clock.now(), by: { kind: "aws" }, because: { rule: "observed", detail: "AWS shows it" }, service };
    await telling(world, { ...about, subject: `service#${service}`, seq: 2, type: "AcceptanceSwitchedOff" });
    await telling(world, { ...about, subject: `connection#${endpoint}`, endpoint, seq: 2, type: "NameClashed" });
    expect(world.people.decisions.map(({ subject }) => subject)).toEqual([
      `Acceptance is switched off: ${service}`,
      `Name clashed: account ${stranger} at ${service}`,
    ]);
  });

  test("that the record knows nothing of is a fault, not news", async () => {
    const world = await asked();
    const forged = {
      ...world.told("ApprovalRequested"),
      seq: 99,
      type: "ConnectionApproved",
      account: accountOf(9),
      at: "2026-01-01T00:00:00.000Z" as Instant,
    } as unknown as Committed;
    await expect(telling(world, forged)).rejects.toThrow("which the record does not have");
    expect(world.people.decisions).toEqual([]);
  });
});

describe("Slack's webhook", () => {
  const secret = (webhookUrl: unknown): string => JSON.stringify({ webhookUrl, channel: "" });

  test("is nowhere when nothing is configured", () => {
    expect(readSecret(secret("")).webhook).toBeUndefined();
    expect(readSecret("{}")).toEqual({});
  });

  test("is Slack's own host over https, or this machine", () => {
    for (const url of [
      "https://hooks.slack.com/services/T0/B0/x",
      "http://127.0.0.1:8080/slack/services/local",
      "http://localhost:1/x",
      "http://[::1]:1/x",
    ])
      expect(readSecret(secret(url)).webhook?.href).toBe(url);
    for (const url of [
      "http://hooks.slack.com/services/x",
      "https://hooks.slack.com.evil.example/x",
      "https://evil.example/hooks.slack.com",
      "https://user:pw@hooks.slack.com/x",
      "https://hooks.slack.com@evil.example/x",
      "https://hooks.slack.com:8443/x",
      "http://169.254.169.254/latest/meta-data",
      "https://127.0.0.1/x",
      "http://127.0.0.1.evil.example/",
      "http://10.0.0.1/",
      "file:///etc/passwd",
      "gopher://127.0.0.1/",
      "hooks.slack.com/x",
      7,
      null,
      ["https://hooks.slack.com/x"],
    ])
      expect(() => readSecret(secret(url)), String(url)).toThrow(/must begin with https:\/\/hooks\.slack\.com\//);
    for (const text of ["", "https://hooks.slack.com/services/secret", "null", "7"]) expect(() => readSecret(text)).toThrow(Fault);
    expect(() => readSecret("https://hooks.slack.com/services/secret")).not.toThrow(/services\/secret/);
  });

  test("anything but Slack's own ok is a fault, and says whether a retry can help", async () => {
    const world = await asked();
    const answers = [
      [404, "no_service", false],
      [400, "invalid_blocks", false],
      [302, "", false],
      [200, "<html>captive portal", false],
      [429, "rate_limited", true],
      [500, "", true],
      [503, "x".repeat(5000), true],
    ] as const;
    for (const [status, text, retryable] of answers) {
      const post: Post = async () => ({ status, text });
      await expect(
        telling(world, world.told("ApprovalRequested"), bySlack(new URL("https://hooks.slack.com/services/T/B/secret"), post)),
      ).rejects.toMatchObject({ code: "SlackRefused", retryable });
    }
    expect(world.proofs.held.size).toBe(0);
  });
});
