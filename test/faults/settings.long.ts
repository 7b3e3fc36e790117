// A deployment with a setting missing or wrong in every function: none starts, each says which setting, and whatever comes is kept.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type Members, type Resources, type World } from "./world.ts";

/** By function: the setting that is changed, to what, and what its function says of it. */
const wrong: Readonly<Record<string, readonly [setting: string, value: string | undefined, says: string]>> = {
  observe: ["OBSERVE_QUEUE_URL", undefined, "OBSERVE_QUEUE_URL is missing; it should be the URL of the queue of observe"],
  publish: ["BUS_NAME", " ", 'BUS_NAME is " "; it should be the name of the event bus'],
  admit: ["ENDPOINTS_PER_CALL", "all", 'ENDPOINTS_PER_CALL is "all"; it should be how many endpoints'],
  notify: ["LINK_KEY_SECRET_ARN", "link-key", 'LINK_KEY_SECRET_ARN is "link-key"; it should be the ARN of the secret that signs links'],
  slack: ["PUBLIC_URL", "drawbridge.example.com", 'PUBLIC_URL is "drawbridge.example.com"; it should be the URL of the HTTP API'],
  answer: ["PROOFS_TABLE", undefined, "PROOFS_TABLE is missing; it should be the name of the Proofs table"],
  dns: [
    "HOSTED_ZONE_IDS",
    "privatelink.example.com",
    'HOSTED_ZONE_IDS is "privatelink.example.com"; it should be the ids of the hosted zones',
  ],
  sweep: ["CONNECTIONS_TABLE", undefined, "CONNECTIONS_TABLE is missing; it should be the name of the Connections table"],
  checkpoint: ["CHECKPOINT_KEY_ARN", "the-key", 'CHECKPOINT_KEY_ARN is "the-key"; it should be'],
  api: ["CONNECTIONS_TOPIC_ARN", "", 'CONNECTIONS_TOPIC_ARN is ""; it should be the ARN of the topic'],
};

let world: World;
beforeAll(async () => {
  world = await openWorld({ resources: misconfigured });
});
afterAll(() => world.local.close());

describe("a missing or wrong setting", () => {
  test("is tried in every function", () => {
    const functions = world.local.stack.resources.filter(({ type }) => type === "AWS::Lambda::Function");
    expect(Object.keys(wrong).toSorted()).toEqual(
      functions.map(({ logicalId }) => logicalId.replace("LambdaFunction", "").toLowerCase()).toSorted(),
    );
  });

  test.each(Object.entries(wrong))("%s does not start, and says which", async (name, [, , says]) => {
    const { functionError, payload } = await world.local.invoke(name);
    expect(functionError).toBe("Unhandled");
    expect(JSON.parse(payload)).toMatchObject({ errorMessage: expect.stringContaining(says) });
    expect(payload).toContain("WrongSetting");
    expect(world.local.logs(name).join("\n")).toContain(says.replaceAll('"', '\\"'));
  });

  test("people are told that it failed, and not what is inside", async () => {
    const page = await fetch(`${world.local.api}/a/anything`);
    expect(page.status).toBe(500);
    expect(await page.text()).not.toContain("PROOFS_TABLE");
    await expect(world.drawbridge("services", "list")).rejects.toThrow(/drawbridge: .*(500|failed)/i);
  });

  test("what comes meanwhile ends in the queue that its alarm watches", async () => {
    const body = { look: { service: "vpce-svc-0123456789abcdef0", endpoints: ["vpce-0123456789abcdef0"], why: "look-again" } };
    for (const queue of ["ObserveQueue", "AdmitQueue", "DnsQueue"]) await world.send(queue, body);
    const detail = { version: 1, subject: "connection#vpce-0123456789abcdef0", seq: 2, type: "ApprovalRequested" };
    const Entries = [
      { EventBusName: world.local.outputs["BusName"], Source: "drawbridge", DetailType: detail.type, Detail: JSON.stringify(detail) },
    ];
    await world.aws("events", "PutEvents", { Entries });
    const Item = { subject: { S: detail.subject }, seq: { S: "000000000001" } };
    await world.aws("dynamodb", "PutItem", { TableName: world.idOf("AuditLogTable"), Item });
    for (const schedule of ["SweepSchedule", "CheckpointSchedule"]) await world.aws("events", "EnableRule", { Name: world.idOf(schedule) });
    for (let receives = 1; receives <= 5; receives += 1) await world.leap(720);
    for (const queue of ["ObserveDeadLetters", "AdmitDeadLetters", "DnsDeadLetters"])
      expect(await world.waiting(queue), queue).toEqual([JSON.stringify(body)]);
    for (const [queue, says] of [
      ["NotifyFailures", wrong["notify"]?.[0]],
      ["SlackFailures", wrong["slack"]?.[0]],
      ["SweepFailures", wrong["sweep"]?.[0]],
      ["CheckpointFailures", wrong["checkpoint"]?.[0]],
    ] as const) {
      const [aside = ""] = await world.waiting(queue);
      expect(aside, queue).toContain(says);
    }
    expect(JSON.parse((await world.waiting("PublishFailures")).join())).toMatchObject({ DDBStreamBatchInfo: { batchSize: 1 } });
  });
});

function misconfigured(resources: Resources): Resources {
  return Object.fromEntries(
    Object.entries(resources).map(([id, resource]) => {
      const [name] = /^(\w+)LambdaFunction$/.exec(id)?.slice(1) ?? [];
      const change = name === undefined ? undefined : wrong[name.toLowerCase()];
      return [id, change === undefined ? resource : { ...resource, Properties: changed(resource.Properties ?? {}, change[0], change[1]) }];
    }),
  );
}

function changed(properties: Members, setting: string, value: string | undefined): Members {
  const { [setting]: _, ...others } = (properties["Environment"] as { readonly Variables: Members }).Variables;
  return { ...properties, Environment: { Variables: { ...others, ...(value === undefined ? {} : { [setting]: value }) } } };
}
