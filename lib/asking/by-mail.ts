// People by SNS: questions to the approvers' topic, everything else to the topic of decisions, which consumers' contacts may read.

import { asMail } from "../notices.ts";
import type { People } from "../ports.ts";
import type { Channel } from "./tell.ts";

export const byMail = (people: People): Channel => ({
  name: "mail",
  send: (notice) => (notice.of === "question" ? people.approvers(asMail(notice)) : people.decisions(asMail(notice, "anybody"))),
});
