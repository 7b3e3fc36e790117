// A large policy applied where three of its consumers wait: what follows is told, done, and then nothing is left to do.
import { expect } from "vitest";
import { accountOf } from "../fakes/endpoint-services.ts";
import type { Desk } from "../operator/desk.ts";
import type { PolicyDesk } from "./policy-desk.ts";

/** The account of each entry; the first three wait. */
export const accounts = (index: number): string => (index < 3 ? accountOf(index + 1) : String(500_000_000_000 + index));

export async function expectApplied(at: Desk, files: PolicyDesk, text: string, count: number): Promise<void> {
  for (const name of ["a", "b"]) await at.ask("PUT /approvers/{name}", { name, email: `${name}@example.com` });
  for (let number = 1; number <= 3; number += 1) at.connect(number, number);
  await at.admit();
  const check = await files.apply(text, "--check");
  expect(check).toMatchObject({ code: 1, err: expect.stringContaining("What would follow: 3 accepted.") });
  expect(check.out).toContain(`${String(count)} to add`);
  expect(await files.apply(text, "--yes")).toMatchObject({
    code: 0,
    out: expect.stringContaining(`Done: entries ${String(count)} added.`),
  });
  await at.admit();
  expect(at.types().filter((type) => type === "ConnectionApproved")).toHaveLength(3);
  const committed = at.world.tables.committed.length;
  expect(await files.apply(text, "--yes")).toMatchObject({ code: 0, out: "Nothing to do: the policy is as the file says.\n" });
  expect(await files.apply(text, "--check")).toMatchObject({ code: 0 });
  expect(at.world.tables.committed).toHaveLength(committed);
}
