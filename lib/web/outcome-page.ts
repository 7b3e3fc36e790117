// The page of a question that is settled: what was decided, by whom, when, and how it came to that.

import { byCommand } from "../by-command.ts";
import { anyApprover } from "../approver.ts";
import type { SettledView } from "../asking/answer.ts";
import { writerOf } from "../asking/profile.ts";
import { capital } from "../capital.ts";
import type { Connection, Decision } from "../connection.ts";
import { doerOf, isGlassBroken } from "../doer.ts";
import { plainly } from "../plain-words.ts";
import { ago, utc } from "../when.ts";
import { actorWords } from "../wording.ts";
import { html, type Markup } from "./html.ts";
import type { Page } from "./layout.ts";
import { caller, facts, log, shown } from "./pieces.ts";

export function outcomePage(view: SettledView): Page {
  const { connection, profile, now, settled, history } = view;
  const decision = "decision" in connection ? connection.decision : undefined;
  const { heading: plain, tone, lede } = outcome(connection, caller(profile));
  const heading = decision !== undefined && isGlassBroken(decision) ? `Break-glass: ${plain}` : plain;
  return {
    status: settled === "late" ? 409 : 200,
    title: heading,
    main: html`<p class="status ${settled === "late" ? "note" : tone}">${statusWords(view)}</p>
      <h1>${heading}</h1>
      <p class="lede">${decision === undefined ? undefined : how(decision, view)}${lede}</p>
      ${others(view)} ${decision === undefined ? undefined : ground(decision)}
      <section aria-labelledby="who">
        <h2 id="who">What it was about</h2>
        ${facts(profile, connection, now)}
      </section>
      <section aria-labelledby="log">
        <h2 id="log">What happened</h2>
        ${log(history, now)}
        <p class="small soft">With the command: <code>${byCommand(`show ${connection.endpoint}`)}</code></p>
      </section>`,
  };
}

function statusWords({ settled, connection }: SettledView): string {
  if (settled === "late") return "Your answer changed nothing: this was settled already";
  if (settled === "before") return "This question is settled";
  // Whoever has everybody's link may be looking at another's decision.
  return isEverybodys(connection) ? "The decision is recorded" : "Your decision is recorded";
}

const isEverybodys = (connection: Connection): boolean => {
  const by = "decision" in connection ? connection.decision?.by : undefined;
  return by?.kind === "approver" && by.name === anyApprover;
};

/** The way on, for who is signed in. */
function others({ others: waiting }: SettledView): Markup | undefined {
  if (waiting === undefined) return undefined;
  const { count, token } = waiting;
  return html`<p class="on">
    ${
      count === 0
        ? html`Nothing else waits for you.`
        : html`<a href="/q/${token}">${count} more ${count === 1 ? "question waits" : "questions wait"} for you</a>`
    }
  </p>`;
}

interface Outcome {
  readonly heading: string;
  readonly tone: "yes" | "no" | "note";
  /** What follows from it, and what can be done. */
  readonly lede: string;
}

function outcome(connection: Connection, who: string): Outcome {
  switch (connection.status) {
    case "approved":
      return {
        heading: `${who} may connect`,
        tone: "yes",
        lede: "AWS is being told, and the connection is available in about a minute.",
      };
    case "connected":
      return { heading: `${who} is connected`, tone: "yes", lede: "" };
    case "adopted":
      return {
        heading: `${who} was connected before`,
        tone: "yes",
        lede: "It was accepted before Drawbridge took the service into care.",
      };
    case "denied":
    case "rejected":
      return {
        heading: `${who} may not connect`,
        tone: "no",
        lede: "To ask again, a new endpoint has to be made.",
      };
    case "closed":
      return {
        heading: `${who} no longer asks`,
        tone: "note",
        lede: `Its endpoint is gone (${connection.reason}), so there is nothing to decide.`,
      };
    case "asking":
    case "requested":
      return {
        heading: "This question was replaced",
        tone: "note",
        lede: "Things changed since you were asked. When there is something to decide you get a new message; use the link in the newest one.",
      };
  }
}

function how(decision: Decision, view: SettledView): Markup {
  const { verdict, at } = decision;
  const by = doerOf(
    decision,
    view.history.map(({ event }) => event),
  );
  const who = actorWords(by, writerOf(view, by));
  return html`${verdict === "accept" ? "Accepted" : "Rejected"} by
    <strong>${shown(who)}</strong>${isGlassBroken(decision) ? " alone, past its approvers," : ""} on
    <time datetime="${at}">${utc(at)}, ${ago(at, view.now)}</time>. `;
}

/** A person's own words, or the ground of a decision that no person took. */
const ground = (decision: Decision): Markup =>
  html`<section aria-labelledby="ground">
    <h2 id="ground">${decision.reason === undefined ? "Why" : "The reason given"}</h2>
    <p class="rule">${shown(decision.reason ?? capital(plainly(decision).because.detail))}</p>
  </section>`;
