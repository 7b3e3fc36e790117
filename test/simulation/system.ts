// Everything of ours that the simulation runs: one entry, so that a mutant is this file built with one line changed. The
// world throws the same Fault that ours look for.

export { standingAt } from "../../lib/allow-list.ts";
export { authorsAfter } from "../../lib/entry-authors.ts";
export { withAuthors } from "../../lib/asking/known-authors.ts";
export { noteStranger, takeAnswer } from "../../lib/asking/take-answer.ts";
export { decideAll } from "../../lib/aws/endpoint-decisions.ts";
export { detailOf } from "../../lib/aws/bus-event.ts";
export { evolve } from "../../lib/connection.ts";
export { plan } from "../../lib/plan.ts";
export { sealedBy } from "../../lib/audit/sealed.ts";
export { verification } from "../../lib/audit/verification.ts";
export { admit } from "../../lib/loop/admit.ts";
export { keepCheckpoints } from "../../lib/loop/checkpoint.ts";
export { giveNames } from "../../lib/loop/names.ts";
export { observe } from "../../lib/loop/observe.ts";
export { publish } from "../../lib/loop/publish.ts";
export { followVpcs } from "../../lib/loop/vpcs.ts";
export { run } from "../../lib/loop/run.ts";
export { sweep } from "../../lib/loop/sweep.ts";
export { Fault } from "../../lib/faults.ts";
export { chain, claims, counts, notBefore, unitMarks } from "../../lib/ledger.ts";
export { written } from "../../lib/said-entry.ts";
export { readMessage } from "../../lib/messages.ts";
