// Fewer have to agree than when an approver did: the question is decided by what was said, at the next look or by saying it once more.

import { expect, test } from "vitest";
import { asked, type Asked } from "./given.ts";

const ann = { name: "ann", email: "ann@example.com", arn: "arn:aws:iam::111111111111:user/ann" };
const bob = { name: "bob", email: "bob@example.com", arn: "arn:aws:iam::111111111111:user/bob" };

async function annAgreed(): Promise<{ at: Asked; browser: ReturnType<Asked["browser"]>; token: string }> {
  const at = await asked((story) => story.approvers([ann, bob], { quorum: 2 }));
  const browser = at.browser();
  const token = await at.linkOf("ann");
  await browser.signIn(token, "ann");
  await browser.send(token, { choice: "approve" });
  await at.approvers([], { approvers: ["ann", "bob"], quorum: 1 });
  return { at, browser, token };
}

test("the next look decides", async () => {
  const { at } = await annAgreed();
  await at.look();
  expect(at.tables.committed.at(-1)?.event).toMatchObject({ type: "ConnectionApproved", approvers: ["ann"] });
});

test("whoever agreed may say so again until then, and is not told to wait for others", async () => {
  const { at, browser, token } = await annAgreed();
  const page = await browser.open(token);
  expect(page.html).toContain('value="approve"');
  expect(page.html).not.toContain("counts once enough others agree");
  expect((await browser.send(token, { choice: "approve" })).status).toBe(200);
  expect(at.tables.committed.at(-1)?.event).toMatchObject({ type: "ConnectionApproved", by: { name: "ann" } });
});
