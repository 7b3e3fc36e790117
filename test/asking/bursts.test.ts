// A burst, at the pace at which AWS lets one account make endpoints, is two messages: the first within seconds, the rest by the minute's turn; and nothing of it is lost.

import { describe, expect, test } from "vitest";
import { detailOf } from "../../lib/aws/bus-event.ts";
import { askByMail } from "../../lib/asking/ask-by-mail.ts";
import { mailDue, type MailPorts } from "../../lib/asking/mail-waiting.ts";
import { takeAnswer } from "../../lib/asking/take-answer.ts";
import { settles, tellAsked } from "../../lib/asking/tell-asked.ts";
import type { Committed } from "../../lib/asking/tell.ts";
import { Fault } from "../../lib/faults.ts";
import type { Message } from "../../lib/ports.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { asked, endpoint, publicUrl, stranger, type Asked } from "./given.ts";

const ann = { name: "ann", email: "ann@example.com" };
const bob = { name: "bob", email: "bob@example.com" };

const wait = async (): Promise<void> => {
  await new Promise<void>((resolve) => setImmediate(resolve));
};
const portsOf = (world: Asked, holder = "notify"): MailPorts & Parameters<typeof mailDue>[0] => ({
  ...world.ports(holder),
  publicUrl,
  wait,
});
const ask = (world: Asked, told: Committed, holder?: string) => askByMail(portsOf(world, holder), told);
const mailsTo = (world: Asked, name: string): Message[] =>
  world.people.approvals.filter(({ attributes }) => attributes["approver"] === name);
const every = (world: Asked, type: string): Committed[] => world.tables.committed.filter(({ event }) => event.type === type).map(detailOf);
const waiting = (world: Asked): unknown[] => [...world.slips.all.values()].filter(({ kind }) => kind.startsWith("to-mail"));

/** The minute's turn, so often. */
async function minutes(world: Asked, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    world.clock.advance(60);
    await mailDue(portsOf(world, `minute-${String(world.clock.now())}`));
  }
}

/** Endpoints of one account as EC2 lets them come: four at once, then one each three seconds and a bit. */
async function burst(world: Asked, count: number): Promise<void> {
  let heard = 0;
  const hear = async (): Promise<void> => {
    const fresh = every(world, "ApprovalRequested").slice(heard);
    heard += fresh.length;
    await Promise.all(fresh.map(async (told, index) => ask(world, told, `instance-${String(heard)}-${String(index)}`)));
  };
  for (let number = 2; number <= count; number += 1) {
    if (number > 4) {
      await hear();
      world.clock.advance(3.4);
    }
    await world.connect(stranger, endpointOf(number));
  }
  await hear();
}

describe("fourteen endpoints in half a minute", () => {
  test("are two messages to each approver, and the second says how many are open in all", async () => {
    const world = await asked((story) => story.approvers([ann, bob]));
    await burst(world, 14);
    for (const { name } of [ann, bob])
      expect(mailsTo(world, name).map(({ subject }) => subject)).toEqual(["4 connections wait for your approval"]);
    await minutes(world, 10);
    for (const { name } of [ann, bob]) {
      const [, second, ...more] = mailsTo(world, name);
      expect(more).toEqual([]);
      expect(second?.subject).toBe("14 connections wait for your approval, 10 of them new");
      const told = mailsTo(world, name)
        .map(({ text }) => text)
        .join("\n");
      for (let number = 1; number <= 14; number += 1) expect(told).toContain(`${endpointOf(number)}, `);
    }
    expect(waiting(world)).toEqual([]);
  });

  test("go on being one message each few minutes, for as long as it lasts", async () => {
    const world = await asked((story) => story.approvers([ann]));
    await burst(world, 4);
    for (let minute = 0; minute < 30; minute += 1) {
      const number = 5 + minute;
      await world.connect(stranger, endpointOf(number));
      await ask(world, every(world, "ApprovalRequested").at(-1) as Committed, `instance-${String(number)}`);
      await minutes(world, 1);
    }
    expect(mailsTo(world, "ann").length).toBeLessThanOrEqual(1 + 30 / 3);
    expect(mailsTo(world, "ann").at(-1)?.subject).toMatch(/^3\d connections wait for your approval, 3 of them new$/);
  });
});

test("one question more is a message of its own, that says how many others are open", async () => {
  const world = await asked((story) => story.approvers([ann]));
  await burst(world, 3);
  await world.connect(stranger, endpointOf(9));
  await ask(world, world.told("ApprovalRequested"));
  expect(mailsTo(world, "ann")).toHaveLength(1);
  await minutes(world, 6);
  const [, second] = mailsTo(world, "ann");
  expect(second?.subject).toMatch(/^Approve\? account/);
  expect(second?.text).toMatch(/With this one, 4 connections wait for your approval\. All of them:\nhttps:\/\/\S+\/q\/\S+/);
});

test("a lone question says nothing of others, and one hours later does not wait", async () => {
  const world = await asked((story) => story.approvers([ann]));
  await ask(world, world.told("ApprovalRequested"));
  expect(mailsTo(world, "ann")[0]?.text).not.toContain("With this one");
  world.clock.advance(3600);
  await world.connect(stranger, endpointOf(2));
  await ask(world, world.told("ApprovalRequested"));
  expect(mailsTo(world, "ann")).toHaveLength(2);
});

test("what is settled before its turn comes is put to nobody", async () => {
  const world = await asked((story) => story.approvers([ann]));
  await ask(world, world.told("ApprovalRequested"));
  await world.connect(stranger, endpointOf(2));
  await ask(world, world.told("ApprovalRequested"));
  world.ec2.move(endpointOf(2), "deleted");
  await world.look(endpointOf(2));
  await minutes(world, 10);
  expect(mailsTo(world, "ann")).toHaveLength(1);
  expect(waiting(world)).toEqual([]);
});

test("who has agreed in Slack before the mail's turn comes is not asked by mail any more; the others are", async () => {
  const world = await asked((story) => story.approvers([{ ...ann, slack: "U0ANN" }, bob], { quorum: 2, emailProof: "link" }));
  await ask(world, world.told("ApprovalRequested"));
  await world.connect(stranger, endpointOf(2));
  const told = world.told("ApprovalRequested");
  await ask(world, told);
  const answer = { endpoint: endpointOf(2), question: String(told["question"]), choice: "approve", source: "Slack" } as const;
  await takeAnswer(world.ports(), { ...answer, approver: { name: "ann" }, channel: "slack" });
  await minutes(world, 5);
  expect([mailsTo(world, "ann").length, mailsTo(world, "bob").length]).toEqual([1, 2]);
});

test("how it ended does not wait behind what was asked; many that end one after the other are two messages", async () => {
  const world = await asked((story) => story.approvers([ann]));
  await burst(world, 8);
  await minutes(world, 5);
  const before = mailsTo(world, "ann").length;
  for (let number = 1; number <= 8; number += 1) {
    world.clock.advance(4);
    world.ec2.move(endpointOf(number), "deleted");
    await world.look(endpointOf(number));
    const told = world.told("ConnectionClosed");
    expect(settles(told)).toBe(true);
    await tellAsked(portsOf(world), told);
    if (number === 1) expect(mailsTo(world, "ann")).toHaveLength(before + 1);
  }
  await minutes(world, 6);
  const [first, second, ...more] = mailsTo(world, "ann").slice(before);
  expect(first?.subject).toMatch(/^Closed: account/);
  expect(second?.subject).toBe("7 connections that you were asked about are settled");
  expect(more).toEqual([]);
});

describe("nothing is lost", () => {
  /** Its calls are counted; at the one given it dies, or is refused. */
  function failing(
    ports: ReturnType<typeof portsOf>,
    at: number,
    how: "dies" | "is refused",
    done: () => void,
  ): ReturnType<typeof portsOf> {
    let calls = 0;
    const guarded = <T extends object>(port: T): T =>
      new Proxy(port, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== "function") return method;
          return async (...args: unknown[]): Promise<unknown> => {
            calls += 1;
            if (calls < at || (how === "is refused" && calls > at)) return Reflect.apply(method, target, args) as unknown;
            if (how === "is refused") throw new Fault("Throttled", String(name), "slow down", true);
            done();
            return new Promise(() => undefined);
          };
        },
      });
    return {
      ...ports,
      slips: guarded(ports.slips),
      proofs: guarded(ports.proofs),
      people: guarded(ports.people),
      approvers: guarded(ports.approvers),
      connections: guarded(ports.connections),
    };
  }

  const places = Array.from({ length: 40 }, (_, index) => index + 1);
  test.each(["dies", "is refused"] as const)(
    "when the function %s at any of its calls: the minute mails it, once or twice",
    async (how) => {
      let last = 0;
      for (const place of places) {
        const world = await asked((story) => story.approvers([ann, bob]));
        const told = world.told("ApprovalRequested");
        const ended = Promise.withResolvers<string>();
        const ports = failing(portsOf(world, "unlucky"), place, how, () => ended.resolve("died"));
        const outcome = await Promise.race([
          ended.promise,
          askByMail(ports, told).then(
            () => "through",
            () => "refused",
          ),
        ]);
        if (outcome === "through") break;
        last = place;
        // Lambda's next try; the minutes go on meanwhile.
        await minutes(world, 1);
        await ask(world, told, "next try");
        await minutes(world, 7);
        for (const { name } of [ann, bob]) {
          const mails = mailsTo(world, name);
          expect([1, 2], `${how} at call ${String(place)}: ${name}`).toContain(mails.length);
          expect(mails[0]?.text).toContain(endpoint);
        }
        expect(waiting(world)).toEqual([]);
      }
      expect(last).toBeGreaterThan(10);
    },
  );

  test("when it dies between gathering and sending, and Lambda never tries again", async () => {
    const world = await asked((story) => story.approvers([ann]));
    await burst(world, 3);
    await world.connect(stranger, endpointOf(4));
    await ask(world, world.told("ApprovalRequested"));
    world.clock.advance(300);
    const dies = Promise.withResolvers<undefined>();
    const dead = {
      ...portsOf(world, "dead"),
      wait: async () => {
        dies.resolve(undefined);
        return new Promise<never>(() => undefined);
      },
    };
    void mailDue(dead);
    await dies.promise;
    expect(mailsTo(world, "ann")).toHaveLength(1);
    await minutes(world, 1);
    expect(mailsTo(world, "ann").at(-1)?.text).toContain(endpointOf(4));
    expect(mailsTo(world, "ann")).toHaveLength(2);
  });

  test("when one mailbox cannot be mailed: the others are, and the fault is told", async () => {
    const world = await asked((story) => story.approvers([ann, bob]));
    await burst(world, 3);
    await world.connect(stranger, endpointOf(4));
    await ask(world, world.told("ApprovalRequested"));
    world.clock.advance(300);
    const ports = portsOf(world);
    const refusing = {
      ...ports,
      people: {
        approvers: async (message: Message) => {
          if (message.attributes["approver"] === "ann") throw new Fault("Throttled", "sns:Publish", "slow down", true);
          await ports.people.approvers(message);
        },
      },
    };
    await expect(mailDue(refusing)).rejects.toThrow("slow down");
    expect([mailsTo(world, "ann").length, mailsTo(world, "bob").length]).toEqual([1, 2]);
    await minutes(world, 1);
    expect(mailsTo(world, "ann")).toHaveLength(2);
  });
});
