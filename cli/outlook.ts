// What a change would come to for the connections there are: shown before it is made, confirmed when it cuts somebody.

import { outlookOf, type Fate, type Outlook } from "../lib/operator/fates.ts";
import type { Call, Options } from "./command.ts";
import { confirm, confirmCuts } from "./confirm.ts";
import { minute, type Style } from "./render.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** `preview` writes nothing; `confirm` is how many connections may be cut. */
export interface How {
  readonly preview?: true;
  readonly confirm?: true | number;
  /** The one that somebody saw before they said yes. */
  readonly version?: number;
}

export const disconnecting = (help: string): Options => ({ disconnect: { value: "WHEN", help: `now, 24h, 7d or keep: ${help}` } });

/**
 * Asks what would follow, shows it on stderr, has it confirmed, and does it; what would be cut meanwhile besides is refused.
 * Who was asked saw one version: should somebody else change it meanwhile, nothing is done. With --yes nobody is asked.
 * `question` is put in any case where it is given.
 */
export async function foreseen<T extends Foreseen>(
  call: Call,
  send: (how: How) => Promise<T>,
  question?: (wouldBe: T) => string | undefined,
): Promise<T> {
  const wouldBe = await send({ preview: true });
  if (!wouldBe.changed) return wouldBe;
  const { cut } = showOutlook(wouldBe.outlook, call.terminal);
  const asked = question?.(wouldBe);
  const cuts = cut.length === 0 ? undefined : `This cuts ${connections(cut.length)}.`;
  if (cut.length > 0) await confirmCuts(call, cut.length, asked ?? `${cuts ?? ""} Go on?`);
  else if (asked !== undefined) await confirm(call, asked);
  const seen = call.given.flag("yes") || (asked ?? cuts) === undefined ? {} : { version: wouldBe.before?.version ?? 0 };
  const done = await send({ confirm: call.given.flag("yes") ? true : cut.length, ...seen });
  return wouldBe.outlook === undefined ? done : { outlook: wouldBe.outlook, ...done };
}

interface Foreseen {
  readonly changed: boolean;
  readonly outlook?: Outlook;
  readonly before?: { readonly version: number };
}

/** Shows on stderr what would follow, if anything. */
export function showOutlook(outlook: Outlook | undefined, terminal: Terminal): Outlook {
  const found = outlook ?? outlookOf(() => []);
  const lines = outlookLines(found, terminal);
  if (lines !== undefined) terminal.err(lines);
  return found;
}

const shownMax = 20;

function outlookLines(outlook: Outlook, terminal: Terminal): string | undefined {
  const rows = [
    ...outlook.cut.map((fate) => ({
      fate,
      what: fate.due === undefined ? "cut at once" : `cut at ${minute(fate.due)}`,
      style: "red" as Style,
    })),
    ...outlook.rejected.map((fate) => ({ fate, what: "rejected", style: "red" as Style })),
    ...outlook.asked.map((fate) => ({ fate, what: "asked about", style: "yellow" as Style })),
    ...outlook.accepted.map((fate) => ({ fate, what: "accepted", style: "green" as Style })),
    ...outlook.spared.map((fate) => ({ fate, what: "not cut after all", style: "green" as Style })),
    ...outlook.kept.map((fate) => ({ fate, what: "kept all the same", style: "yellow" as Style })),
  ];
  if (rows.length === 0) return undefined;
  const shown = table(
    [
      { head: "ENDPOINT" },
      { head: "ACCOUNT" },
      { head: "SERVICE", shared: true },
      { head: "WOULD BE", breaks: true },
      { head: "BECAUSE", breaks: true },
    ],
    rows
      .slice(0, shownMax)
      .map(({ fate, what, style }) => [fate.endpoint, fate.account, fate.service, { text: what, style }, fate.because]),
    terminal.aside,
  );
  const more = rows.length - shownMax;
  return `What would follow: ${followWords(outlook)}.\n${shown}${more > 0 ? `\n… and ${String(more)} more` : ""}`;
}

/** `2 cut at once, 1 cut later, 3 accepted`. */
export function followWords({ cut, rejected, asked, accepted, spared, kept }: Outlook): string {
  const parts: readonly (readonly [readonly Fate[], string])[] = [
    [cut.filter(({ due }) => due === undefined), "cut at once"],
    [cut.filter(({ due }) => due !== undefined), "cut later"],
    [rejected, "rejected"],
    [asked, "asked about"],
    [accepted, "accepted"],
    [spared, "not cut after all"],
    [kept, "kept though nothing lets them in any more"],
  ];
  const said = parts.flatMap(([fates, what]) => (fates.length === 0 ? [] : [`${String(fates.length)} ${what}`]));
  return said.length === 0 ? noneTouched : said.join(", ");
}

export const noneTouched = "no connection is touched";
export const connections = (count: number): string => `${String(count)} ${count === 1 ? "connection" : "connections"}`;
