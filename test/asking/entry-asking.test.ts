// An entry asks in its own way: another deadline, another proof, other people next; the service's settings hold for everybody else.

import { expect, test } from "vitest";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { accountOf } from "../fakes/endpoint-services.ts";
import { asked, stranger, type Asked } from "./given.ts";

const ann = { name: "ann", email: "ann@example.com", arn: "arn:aws:iam::111111111111:user/ann" };
const day = 24 * 3600;
const other = accountOf(4);

/** A question about the stranger, whose entry says this, and one about somebody without an entry. */
const world = async (asking: object): Promise<Asked> => {
  const at = await asked(async (story) => {
    await story.approvers([ann]);
    await story.entry({ principal: `account#${stranger}`, verdict: "ask", asking });
  });
  await at.connect(other, endpointOf(2));
  return at;
};
const statuses = async (at: Asked): Promise<unknown[]> => {
  const found = await at.ports().connections.load([endpointOf(1), endpointOf(2)]);
  return [1, 2].map((number) => found.get(endpointOf(number))?.connection.status);
};

test("silence rejects where the entry says so, when its days are over", async () => {
  const at = await world({ silence: "reject", openDays: 2 });
  at.clock.advance(2 * day - 60);
  await at.look();
  expect(await statuses(at)).toEqual(["asking", "asking"]);
  at.clock.advance(60);
  await at.look();
  expect(await statuses(at)).toEqual(["denied", "asking"]);
  expect(at.tables.committed.at(-1)?.event.because).toMatchObject({
    rule: "silence",
    detail: expect.stringContaining("within 2 days") as string,
  });
});

test("the link is proof where the entry says so, and nowhere else", async () => {
  const at = await world({ emailProof: "link" });
  expect((await at.http("GET", { token: await at.linkOf("ann") })).html).toContain('name="confirm"');
  expect((await at.http("GET", { token: await at.linkOf("ann", endpointOf(2)) })).html).toContain("Mail me a code");
});
