// Why what was sent in decided nothing, in words for the one who sent it.

import { oneLine } from "../harmless.ts";
import { plain } from "../plain-words.ts";

export interface Complaint {
  readonly about: "form" | "choice" | "reason" | "confirm" | "answer" | "code" | "days";
  readonly text: string;
}

export const stale: Complaint = {
  about: "form",
  text: "This page had been open for too long. Look at the facts again, then decide.",
};
export const staleOrCookieless: Complaint = {
  about: "form",
  text: "This page had been open for too long, or your browser did not send its cookie back. Allow cookies for this page, and try again.",
};
export const notProved: Complaint = { about: "code", text: "First show that it is you: have a code mailed, and enter it." };
export const noCode: Complaint = {
  about: "code",
  text: "No code is waiting for this browser: it was another one that asked, or its time or its five tries are over. Have a new one mailed.",
};
export const wrongCode = (left: number): Complaint => ({
  about: "code",
  text: `That is not the code. ${String(left)} ${left === 1 ? "try is" : "tries are"} left.`,
});
export const busy: Complaint = {
  about: "answer",
  text: "Another answer is being recorded at this moment. Load this page again in a few seconds.",
};
export const notInCare: Complaint = {
  about: "answer",
  text: "Drawbridge no longer looks after this service, so nothing was decided. Ask whoever operates it.",
};
export const refused = (why: string): Complaint => ({
  about: "answer",
  text: why.startsWith("a reject entry applies")
    ? `Approving is not possible: ${oneLine(plain(why.replace(/^a reject entry applies: /, "")), 300)}. It has to be changed on the allow-list first; you can reject.`
    : `It was not taken: ${oneLine(plain(why), 300)}.`,
});
