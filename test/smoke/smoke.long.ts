// The whole smoke run with Drawbridge's own stack, ended and begun in harder ways; test/smoke/drawbridge.test.ts is its sample.
import { describe, expect, test } from "vitest";
import { pendingKey, stage, withMore } from "./run.fixture.ts";

describe("the whole run", () => {
  test("is as told, agrees with local AWS as it is, and leaves nothing", async (context) => {
    const there = await stage(context);
    const { code, said } = await there.play("--yes", ...withMore).ended;
    expect(code, said).toBe(0);
    expect(there.report()).toMatchObject({ outcome: "as told", left: [] });
    expect(there.finding("allow-multi-region")).toMatchObject({ verdict: "agrees" });
    expect(there.finding("dns-zone-elsewhere")?.says).toContain("Z7HUB22UULQXV for an endpoint in us-east-1");
    expect(there.finding("rejected-stay-listed")?.says).toContain("still listed (rejected)");
    expect(there.report().findings.filter(({ verdict }) => verdict === "differs")).toEqual([]);
    const [first = [], second = []] = Object.values(
      (there.report().raw as { histories: Record<string, { event: { type: string } }[]> }).histories,
    );
    expect(first.map(({ event }) => event.type)).toEqual(
      expect.arrayContaining(["ConnectionAvailable", "NameMade", "ConnectionClosed", "NameRemoved"]),
    );
    expect(second.map(({ event }) => event.type)).toEqual(
      expect.arrayContaining(["ApprovalRequested", "ConnectionApproved", "ConnectionDenied"]),
    );
    expect(JSON.stringify(there.report()), "no account, key or name leaves").not.toMatch(
      /111111111111|"accessKeyId\\*":\\*"\d|127\.0\.0\.1"/,
    );
    expect(await there.left()).toEqual([pendingKey]);
    expect(there.notes()).toEqual([]);
  });

  test("in a zone that is there already: its own records go, the zone and the others stay", async (context) => {
    const there = await stage(context);
    const made = await there.local.call("route53", "CreateHostedZone", { Name: "links.example.com", CallerReference: "before" });
    const { Id: id } = made["HostedZone"] as { Id: string };
    const ResourceRecordSet = { Name: "old.links.example.com", Type: "TXT", TTL: 60, ResourceRecords: [{ Value: '"stays"' }] };
    const ChangeBatch = { Changes: [{ Action: "CREATE", ResourceRecordSet }] };
    await there.local.call("route53", "ChangeResourceRecordSets", { HostedZoneId: id, ChangeBatch });
    const playing = there.play("--yes", "--hosted-zone", id);
    await playing.reached("✓ it is connected, and named");
    playing.signal("SIGINT");
    const { said } = await playing.ended;
    expect(said).toContain("removed: the records");
    const { ResourceRecordSets } = await there.local.call("route53", "ListResourceRecordSets", { HostedZoneId: id });
    const names = (ResourceRecordSets as { Name: string; Type: string }[]).map(({ Name, Type }) => `${Name} ${Type}`);
    expect(names).toEqual(["links.example.com. NS", "links.example.com. SOA", "old.links.example.com. TXT"]);
    expect(await there.left()).toEqual(["zone links.example.com.", pendingKey]);
    expect(JSON.stringify(there.report()), "the zone's name is its owner's").not.toContain("links.example.com");
  });

  test("killed while Drawbridge is at work, and cleaned later", async (context) => {
    const there = await stage(context);
    const playing = there.play("--yes");
    await playing.reached("✓ a second endpoint waits for an answer");
    playing.signal("SIGKILL");
    await playing.ended;
    expect(await there.left()).toEqual(expect.arrayContaining([expect.stringContaining("table ")]));
    const { code, said } = await there.play("--clean").ended;
    expect(code, said).toBe(0);
    expect(await there.left()).toEqual([pendingKey]);
    expect(there.notes()).toEqual([]);
  });

  test("stays honest when the notifications are lost", async (context) => {
    const there = await stage(context);
    there.local.faults.loseNotifications(1000);
    const { code, said } = await there.play("--yes", "--without-story").ended;
    expect(code, said).toBe(0);
    expect(there.finding("notification-connect")).toMatchObject({ verdict: "not observed" });
    expect(there.finding("delete-of-rejected")).toMatchObject({ verdict: "not observed" });
    expect(await there.left()).toEqual([]);
  });
});
