// The smoke run's questions, asked of a local AWS that answers them one way and another, and its cleaning after every kind of end.
import { describe, expect, test } from "vitest";
import type { Assumptions } from "../../local/assumptions.ts";
import { readOptions, WrongUsage } from "../../scripts/smoke/options.ts";
import type { PointId } from "../../scripts/smoke/points.ts";
import { accounts, secondAccount, stage, withMore, type Stage } from "./run.fixture.ts";

const quick = ["--yes", "--without-story"];
const verdicts = ({ report }: Stage): Record<string, string> =>
  Object.fromEntries(report().findings.map(({ id, verdict }) => [id, verdict]));

/** By the question that must tell of it. */
const turned: readonly (readonly [PointId, Partial<Assumptions>])[] = [
  ["endpoint-filter", { vpcEndpointIdFilterWorks: false }],
  ["dns-while-pending", { dnsEntriesWhilePendingAcceptance: true }],
  ["wrong-state-code", { wrongStateCode: "IncorrectState" }],
  ["accept-available", { acceptAgainSucceeds: true }],
  ["accept-rejected", { acceptAfterRejectSucceeds: true }],
  ["deleted-stay-listed", { deletedStayListedMs: 2500 }],
  ["delete-of-rejected", { deleteEventForEveryState: false }],
  ["accept-event-on-automatic", { acceptEventOnAutomaticAcceptance: true }],
  ["consumer-tags", { consumerTagsOnConnections: true }],
  ["notification-form", { notificationForm: "text" }],
  ["zone-busy", { zoneBusyMs: 1500 }],
];

describe.concurrent("the questions", () => {
  test("agree with local AWS as it is, and nothing is left", async (context) => {
    const there = await stage(context);
    const { code, said } = await there.play(...quick, ...withMore).ended;
    expect(code, said).toBe(0);
    expect(Object.entries(verdicts(there)).filter(([, verdict]) => verdict === "differs")).toEqual([]);
    expect(verdicts(there)).toMatchObject({
      "publish-retried": "agrees",
      "dns-zone-elsewhere": "agrees",
      "notification-gwlb": "seen",
      "route53-numbers": "seen",
    });
    expect(verdicts(there)).toMatchObject({ "notification-connect": "seen", "accept-rejected": "agrees", "trail-shape": "agrees" });
    expect(there.report()).toMatchObject({ format: "drawbridge-smoke/1", on: there.local.aws, accounts: 1, outcome: "as told", left: [] });
    expect(JSON.stringify(there.report()), "no account, key or name leaves").not.toMatch(
      /111111111111|net\/payments|vpc-0b0b|root\/|"accessKeyId":"\d/,
    );
    expect(await there.left()).toEqual([]);
    expect(there.notes()).toEqual([]);
  });

  test("tell each assumption of local AWS that was turned", async (context) => {
    const there = await stage(context, {
      assumptions: Object.assign({}, ...turned.map(([, assumption]) => assumption)) as Partial<Assumptions>,
    });
    const { code, said } = await there.play(...quick).ended;
    expect(code, said).toBe(0);
    const differing = Object.entries(verdicts(there)).filter(([, verdict]) => verdict === "differs");
    expect(differing.map(([id]) => id).sort()).toEqual(turned.map(([id]) => id).sort());
    expect(there.finding("wrong-state-code")?.observed).toBe("IncorrectState");
    expect(there.finding("deleted-stay-listed")?.observed).toBeGreaterThan(2400);
    expect(there.finding("endpoint-filter")?.says).toContain("AWS refuses it");
    expect(await there.left()).toEqual([]);
  });

  test("with a second account: expiry, repeats, and who sees what", async (context) => {
    const there = await stage(context, { assumptions: { pendingAcceptanceExpiresMs: 2500, servicesOpenUntilPermissionsSet: false } });
    const playing = there.play(...quick, ...secondAccount, "--quiet-for", "3s");
    await playing.reached("an endpoint that nobody answers");
    there.local.faults.repeatNotifications(3);
    const { code, said } = await playing.ended;
    expect(code, said).toBe(0);
    expect(there.report().accounts).toBe(2);
    expect(verdicts(there)).toMatchObject({
      expiry: "differs",
      "notification-repeats": "differs",
      "open-to-all": "differs",
      "trail-of-consumer": "agrees",
    });
    expect(JSON.stringify(there.report())).not.toContain(accounts.consumer);
    expect(await there.left()).toEqual([]);
  });
});

describe.concurrent("the cleaning", () => {
  test("after Ctrl-C", async (context) => {
    const there = await stage(context);
    const playing = there.play(...quick);
    await playing.reached("accepted again");
    playing.signal("SIGINT");
    const { code, said } = await playing.ended;
    expect(code).toBe(1);
    expect(said).toContain("everything that was made is being removed");
    expect(there.report()).toMatchObject({ outcome: "not as told", because: "Interrupted: the run was interrupted", left: [] });
    expect(await there.left()).toEqual([]);
    expect(there.notes()).toEqual([]);
  });

  test("after the program was killed: the next one finds its notes", async (context) => {
    const there = await stage(context);
    const playing = there.play(...quick, ...secondAccount);
    await playing.reached("an endpoint with tags");
    playing.signal("SIGKILL");
    await playing.ended;
    expect(there.notes()).toEqual([".smoke"]);
    expect((await there.left()).map((one) => one.split(" ")[0])).toEqual(
      expect.arrayContaining(["stack", "service", "notification", "endpoint"]),
    );
    const { code, said } = await there.play("--clean").ended;
    expect(code, said).toBe(0);
    expect(await there.left()).toEqual([]);
    expect(there.notes()).toEqual([]);
  });

  test("when AWS refuses a step", async (context) => {
    const there = await stage(context, { assumptions: { pendingAcceptanceExpiresMs: 1 } });
    const { code } = await there.play(...quick).ended;
    expect(code).toBe(1);
    expect(there.report().because).toMatch(/Accept of vpce-\w+ was refused: InvalidState/);
    expect(await there.left()).toEqual([]);
  });
});

describe("the command line", () => {
  test("asks before it makes anything", async (context) => {
    const there = await stage(context);
    const { code, said } = await there.play("--without-story").ended;
    expect(code).toBe(1);
    expect(said).toContain("Roughly 0.15 USD for the first hour");
    expect(said).toContain("say --yes");
    expect(await there.left()).toEqual([]);
  });

  test.each([
    [["--load-balancer", "arn:x"], "go together"],
    [["--load-balancer", "arn:x", "--vpc", "vpc-1", "--subnets", "subnet-1"], "not the ARN of a Network Load Balancer"],
    [["--consumer-profile", "x"], "go together"],
    [["--other-region", "us-east-1"], "go together"],
    [["--gateway-load-balancer", "arn:x"], "not the ARN of a Gateway Load Balancer"],
    [["--quiet-for", "soon"], "takes a time"],
    [["--spend-freely"], "--spend-freely"],
  ])("%j is refused", (args, why) => {
    expect(() => readOptions(args, false)).toThrow(WrongUsage);
    expect(() => readOptions(args, false)).toThrow(why);
  });
});
