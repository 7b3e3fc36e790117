// The command audit: questions to the log.

import type { Told } from "../lib/operator/history.ts";
import { actorWords } from "../lib/wording.ts";
import { operandsOf, paging, type Command } from "./command.ts";
import { paged, tellMore } from "./pages.ts";
import { timeline } from "./render.ts";

const filters = ["connection", "account", "service", "actor", "type", "decision", "from", "to"] as const;

const audit: Command = {
  name: "audit",
  operands: "",
  summary: "the log: what happened, when, by whom, because of what",
  more: "Newest first. Filters may be combined; without one, and without --from, it is the last 90 days. The log is never changed, and keeps everything.",
  options: {
    connection: { value: "ENDPOINT", help: "of one connection" },
    account: { value: "ACCOUNT", help: "of one consumer" },
    service: { value: "ID|*", help: "of one service" },
    actor: { value: "WHO", help: "an IAM ARN, an approver's name, aws, drawbridge or outside" },
    type: { value: "TYPE", help: "one kind of event, such as ConnectionApproved" },
    decision: { value: "DECISION", help: "accepted, rejected, asked or noted" },
    from: { value: "TIME", help: "from then on, as in 2026-11-01 or 2026-11-01T18:00:00Z" },
    to: { value: "TIME", help: "before then" },
    "oldest-first": { help: "oldest first" },
    ...paging,
  },
  examples: [
    "drawbridge audit --decision rejected --from 2026-11-01",
    "drawbridge audit --account 222222222222 --oldest-first",
    "drawbridge audit --all --json > log.json",
  ],
  async run(call) {
    operandsOf(call, this, 0);
    const { given, terminal } = call;
    const query = Object.fromEntries(filters.map((name) => [name, given.text(name)]));
    const page = await paged<Told>(call, "/audit", {
      ...query,
      oldestFirst: given.flag("oldest-first") ? "true" : undefined,
    });
    call.result(page, () =>
      page.items.length === 0
        ? "The log has nothing like that."
        : timeline(
            page.items.map(({ event, sentence, subject, account }) => ({
              at: event.at,
              who: actorWords(event.by),
              what: sentence,
              about: `${subject.replace(/^[a-z]+#/, "").replaceAll("#", " ")}${account === undefined || subject.includes(account) ? "" : ` of ${account}`}`,
            })),
            terminal,
          ),
    );
    tellMore(call, page);
  },
};

export const auditCommands: readonly Command[] = [audit];
