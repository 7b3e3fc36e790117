// Functions die half-way: what they had done is found again, and what they had not is done once. time-out.test.ts has a sample.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accepted, died, fatal } from "./half-way.ts";
import { lettersAbout, linkTo } from "./letters.ts";
import { accounts, openWorld, zoneName, type Members, type Offered, type World } from "./world.ts";

let world: World;
let service: Offered;

beforeAll(async () => {
  // With the time that they have on AWS: here they die, and do not run out of it.
  world = await openWorld();
  service = await world.inCare();
});
afterEach(() => world.mend());
afterAll(() => world.local.close());

describe("killed half-way", () => {
  test("observe, with all done but the message: it comes again, and nothing is done twice", async () => {
    fatal(world, "observe", { service: "sqs", action: "SendMessage" });
    const endpoint = await world.connect(accounts.acme, service);
    await world.local.idle();
    died(world, "observe");
    await world.named(endpoint);
    await world.leap(360);
    expect(await world.types(endpoint)).toEqual(accepted);
    expect(world.local.acceptsOf(endpoint)).toBe(1);
  });

  test("dns, with the zone changed and nothing recorded: the name is found as it should be", async () => {
    const fault = fatal(world, "dns", { service: "route53", action: "ChangeResourceRecordSets" });
    const endpoint = await world.connect(accounts.acme, service);
    await world.becomes(endpoint, "connected");
    await fault.first;
    await world.local.idle();
    died(world, "dns");
    expect(await world.types(endpoint)).toEqual(accepted.slice(0, -1));
    await world.leap(720);
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    const { ResourceRecordSets } = await world.aws("route53", "ListResourceRecordSets", { HostedZoneId: world.local.zoneId });
    const aliases = (ResourceRecordSets as readonly Members[]).filter(
      (set) => JSON.stringify(set).includes(endpoint) && set["Type"] === "A",
    );
    expect(aliases).toHaveLength(1);
    expect(await world.drawbridge("show", endpoint)).toContain(zoneName);
  });

  test("notify, with the letter out: at worst it comes twice, and both links decide one question", async () => {
    fatal(world, "notify", { service: "sns", action: "Publish" });
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    died(world, "notify");
    await world.leap(60);
    expect([1, 2]).toContain(lettersAbout(world, endpoint));
    expect((await world.types(endpoint)).filter((type) => type === "ApprovalRequested")).toHaveLength(1);
    expect((await fetch(linkTo(world, endpoint))).status).toBe(200);
  });

  test("sweep, with the connection seen: the lost minute is set aside, and the next one does the work", async () => {
    world.local.faults.loseNotifications(1);
    const endpoint = await world.connect(accounts.unknown, service);
    fatal(world, "sweep", { service: "ec2", action: "DescribeVpcEndpointConnections" });
    await world.aws("events", "EnableRule", { Name: world.idOf("SweepSchedule") });
    await world.leap(60);
    died(world, "sweep");
    expect((await world.waiting("SweepFailures")).join()).toContain("Runtime.ExitError");
    expect(await world.statusOf(endpoint)).toBeUndefined();
    await world.leap(60);
    expect(await world.statusOf(endpoint)).toBe("asking");
    await world.aws("events", "DisableRule", { Name: world.idOf("SweepSchedule") });
  });
});
