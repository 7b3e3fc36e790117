// A question that nobody could answer is refused when the entry or the service is written, and shown where it is there already.

import { describe, expect, test } from "vitest";
import { serviceOf } from "../fakes/endpoint-services.ts";
import { inCare, service, type Desk } from "./desk.ts";

const consumer = "666666666666";
const key = { service, principal: consumer };

/** A service that wants two of ann, bob and cem. */
async function named(): Promise<Desk> {
  const at = await inCare();
  for (const name of ["ann", "bob", "cem", "sam"])
    await at.ask("PUT /approvers/{name}", { name, arn: `arn:aws:iam::111111111111:user/${name}` });
  await at.ask("PATCH /services/{service}", { service, asking: { approvers: ["ann", "bob", "cem"], quorum: 2 } });
  return at;
}
const entry = (asking: object, more: object = {}): object => ({ ...key, verdict: "ask", asking, ...more });
const refused = (field: string, remedy: string): object => ({
  code: "BadInput",
  field,
  remedy: expect.stringContaining(remedy) as string,
});

describe("an entry", () => {
  test.each([
    [
      "fewer approvers than the service wants",
      { approvers: ["sam"] },
      "asking.quorum",
      `give at most 1, which is how many approvers are named; ${service} wants 2`,
    ],
    ["more than the service names", { quorum: 4 }, "asking.quorum", "give at most 3, which is how many approvers are named"],
    ["more than it names itself", { approvers: ["sam", "ann", "sam"], quorum: 3 }, "asking.quorum", "give at most 2"],
    [
      "a time to ask the next, and nobody next",
      { escalateAfterHours: 2 },
      "asking.escalateAfterHours",
      "say whom to ask next with escalateTo",
    ],
  ])("with %s is refused, alone, among many and everywhere", async (_, asking, field, remedy) => {
    const { ask, types } = await named();
    const before = types().length;
    await expect(ask("PUT /entries", entry(asking))).rejects.toMatchObject(refused(field, remedy));
    await expect(ask("PUT /entries", entry(asking, { service: "*" }))).rejects.toMatchObject(refused(field, remedy));
    await expect(ask("PUT /entries", entry(asking, { preview: true }))).rejects.toMatchObject(refused(field, remedy));
    await expect(
      ask("POST /entries/batch", { put: [{ ...key, verdict: "reject" }, entry(asking, { principal: "any" })] }),
    ).rejects.toMatchObject(refused(`put.1.${field}`, remedy));
    expect(types()).toHaveLength(before);
  });

  test.each([
    [{ approvers: ["sam"], quorum: 1 }],
    [{ approvers: ["sam", "ann"] }],
    [{ quorum: 3 }],
    [{ escalateTo: ["sam"], escalateAfterHours: 2 }],
    [{ silence: "reject" }],
  ])("with %j is as good as written", async (asking) => {
    const { ask } = await named();
    expect(await ask("PUT /entries", entry(asking, { service: "*" }))).toMatchObject({ changed: true });
  });

  test("at every service is held against every service", async () => {
    const { ask, world } = await named();
    const second = serviceOf(2);
    world.ec2.addService(second);
    await ask("POST /services", { service: second });
    await expect(ask("PUT /entries", entry({ quorum: 2 }, { service: "*" }))).rejects.toMatchObject(
      refused("asking.quorum", `name so many approvers as well, or leave it out; ${second} names none`),
    );
    await ask("PUT /entries", entry({ quorum: 2 }));
  });
});

describe("a service", () => {
  test("is not set so that an entry of its consumers, or of all, could not be answered any more", async () => {
    const { ask } = await named();
    await ask("PUT /entries", entry({ quorum: 3 }));
    const set = (asking: object | null, more: object = {}): Promise<unknown> =>
      ask("PATCH /services/{service}", { service, asking, ...more });
    await expect(set({ approvers: ["ann", "bob"] })).rejects.toMatchObject(
      refused("asking.quorum", `change the entry for ${consumer} at ${service} first: give at most 2`),
    );
    await ask("PUT /entries", entry({ approvers: ["sam"], quorum: 1 }));
    await ask("PUT /entries", entry({ approvers: ["sam", "cem"] }, { service: "*", principal: "any" }));
    await expect(set({ approvers: ["ann", "bob", "cem"], quorum: 3 })).rejects.toMatchObject(
      refused("asking.quorum", "the entry for any at every service"),
    );
    // Whoever has looked at all of it says so.
    await set({ approvers: ["ann", "bob", "cem"], quorum: 3 }, { checked: true });
  });

  test("without approvers needs nobody to agree, and says so plainly where more are wanted", async () => {
    const { ask } = await named();
    await ask("PATCH /services/{service}", { service, asking: { quorum: 1 } });
    await expect(ask("PATCH /services/{service}", { service, asking: { quorum: 2 } })).rejects.toMatchObject(
      refused("asking.quorum", "name so many approvers as well, or leave it out"),
    );
  });

  test("shows the entries that nobody could answer, and those that ask whom nobody knows", async () => {
    const { ask } = await named();
    await ask("PUT /entries", entry({ quorum: 3 }));
    await ask("PUT /entries", entry({ approvers: ["sam", "ann"] }, { principal: "any" }));
    await ask("PATCH /services/{service}", { service, asking: { approvers: ["ann"], quorum: 1 }, checked: true });
    await ask("DELETE /approvers/{name}", { name: "sam", confirm: true });
    const { problems } = await ask<{ problems: { message: string }[] }>("GET /services/{service}", { service });
    expect(problems.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        `the entry for ${consumer} at ${service} cannot be answered: 3 have to agree, and 1 is named`,
        `the entry for any at ${service} asks sam, whom nobody has added as an approver`,
      ]),
    );
  });
});
