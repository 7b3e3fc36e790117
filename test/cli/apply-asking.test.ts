// A policy file in which services and entries say how people are asked: what they say together is held together, before anything is done.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inCare, service, type Desk } from "../operator/desk.ts";
import { policyDesk, type PolicyDesk } from "./policy-desk.ts";

let at: Desk;
let files: PolicyDesk;
let apply: PolicyDesk["apply"];

beforeEach(async () => {
  at = await inCare();
  files = await policyDesk(at);
  ({ apply } = files);
});
afterEach(() => files.close());

describe("whom an entry has asked and what the service wants are held together", () => {
  const people = `approvers:
  ann: { arn: "arn:aws:iam::111111111111:user/ann" }
  ben: { arn: "arn:aws:iam::111111111111:user/ben" }
  sam: { arn: "arn:aws:iam::111111111111:user/sam" }
`;
  const services = (asking: string): string => `services:
  ${service}:
    asking: ${asking}
`;
  const entry = (asking: string): string => `entries:
  - { service: "*", principal: 222222222222, verdict: ask, asking: ${asking} }
`;
  const both = "{ approvers: [ann, ben], quorum: 2 }";

  test("as the file says both of them, before anything is done", async () => {
    const before = at.types().length;
    expect(await apply(people + services(both) + entry("{ approvers: [sam] }"), "--yes")).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        `policy.yml:9:60: entries.0.asking.quorum: give at most 1, which is how many approvers are named; ${service} wants 2`,
      ) as string,
    });
    expect(at.types()).toHaveLength(before);
  });

  test("and as the entries say that the file leaves alone", async () => {
    expect(await apply(people + services("{ approvers: [ann] }") + entry("{ approvers: [sam] }"), "--yes")).toMatchObject({ code: 0 });
    for (const [text, more] of [
      [services(both), []],
      [`${services(both)}entries: []\n`, ["--keep-others"]],
    ] as const)
      expect(await apply(text, "--check", ...more)).toMatchObject({
        code: 2,
        err: expect.stringContaining(
          `policy.yml:3:13: services.${service}.asking: change the entry for 222222222222 at every service first`,
        ) as string,
      });
    expect(await apply(`${services(both)}entries: []\n`, "--yes")).toMatchObject({ code: 0 });
  });

  test("on the way from one policy to another nothing stands in the way", async () => {
    await apply(people + services("{ approvers: [ann], quorum: 1 }") + entry("{ approvers: [sam] }"), "--yes");
    expect(await apply(people + services(both) + entry("{ quorum: 2 }"), "--yes")).toMatchObject({ code: 0 });
    expect(await apply(people + services("{ approvers: [ann] }") + entry("{ silence: keep }"), "--yes")).toMatchObject({ code: 0 });
  });
});
