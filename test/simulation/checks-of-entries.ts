// What must hold of each entry that is written: whom it names as its authors, and what an answer may replace and keeps.

import type { Entry } from "../../lib/allow-list.ts";
import type { Connection } from "../../lib/connection.ts";
import { canonical } from "../../lib/canonical.ts";
import type { Change } from "../../lib/ledger.ts";
import type { InvariantName } from "./invariant-names.ts";
import { standing } from "./oracle-since.ts";
import { writersOf } from "./oracle-asking.ts";
import type { World } from "./world.ts";

export class ChecksOfEntries {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  /** The row names those who wrote it as the log does. */
  written({ after }: Extract<Change, { of: "entry" }>): void {
    if (after?.authors === undefined) return;
    const wrote = new Set(writersOf(after, this.#world.store.log));
    if (canonical([...wrote].sort()) !== canonical([...after.authors].sort()))
      this.#fail(
        "who wrote an entry is remembered",
        `${after.principal} names ${after.authors.join(", ")}; ${[...wrote].join(", ")} wrote it`,
      );
  }

  /** An answer about the account writes its entry with the decision, and only then; it replaces nothing but an ask entry. */
  lasts({ events, also }: Extract<Change, { of: "connection" }>, before: Connection | undefined): void {
    const fail = (why: string): void => this.#fail("an answer writes an entry only with its decision", why);
    const lasting = events.flatMap((event) => ("standing" in event && event.standing !== undefined ? [event] : []));
    if ((also === undefined) !== (lasting.length === 0))
      return fail(`${String(lasting.length)} decisions, and an entry ${also === undefined ? "lacks" : "comes"}`);
    const [decision] = lasting;
    const [change] = also?.events ?? [];
    if (decision === undefined || change === undefined || also?.after === undefined || before?.status !== "asking") return;
    const [stood] = "from" in change ? standing(change.from as Entry, change.at) : [];
    if (stood !== undefined && stood.verdict !== "ask") fail(`it replaces an entry that says ${stood.verdict}`);
    this.#keeps(also.after, stood);
    const names =
      "approvers" in decision && decision.approvers !== undefined
        ? decision.approvers
        : decision.by.kind === "approver"
          ? [decision.by.name]
          : [];
    const { given } = this.#world.people;
    if (names.length === 0 || !names.every((name) => given.has(`${before.question.id} lasting ${name}`)))
      fail(`${names.join(", ")} did not all speak about the account`);
  }

  /** What ends by itself gives back all that it took the place of. */
  #keeps({ verdict, afterwards, principal }: Entry, stood: Entry | undefined): void {
    const { service: _, principal: __, version: ___, authors: ____, ...all } = stood ?? {};
    const wanted = verdict === "accept" ? undefined : stood === undefined ? "nothing" : all;
    if (canonical({ afterwards }) !== canonical({ afterwards: wanted }))
      this.#fail("what an answer took the place of comes back", `${principal} keeps ${canonical(afterwards)} of ${canonical(wanted)}`);
  }
}
