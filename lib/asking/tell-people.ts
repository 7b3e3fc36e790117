// What `notify` does about one committed event: it asks by mail, or tells whoever wants to know, and those who were asked how it ended.

import { askByMail, asks } from "./ask-by-mail.ts";
import { byMail } from "./by-mail.ts";
import type { MailPorts } from "./mail-waiting.ts";
import { settles, tellAsked } from "./tell-asked.ts";
import { isForEverybody, tellEverybody } from "./tell-everybody.ts";
import { tell, type Committed } from "./tell.ts";
import type { Approvers, People } from "../ports.ts";

export interface TellPeoplePorts extends MailPorts {
  readonly approvers: Pick<Approvers, "get" | "all">;
  readonly people: People;
}

export async function tellPeople(ports: TellPeoplePorts, told: Committed): Promise<void> {
  if (asks(told)) {
    await askByMail(ports, told);
    return;
  }
  await tell(ports, byMail(ports.people), told);
  const knowing = isForEverybody(told) ? await tellEverybody(ports, told) : [];
  if (settles(told)) await tellAsked(ports, told, knowing);
}
