// The command invite: the entry that lets a consumer in, and what the consumer needs to know.

import type { Shown } from "../lib/operator/services.ts";
import { pathOf } from "./client.ts";
import type { Command } from "./command.ts";
import { putGiven, putWords } from "./entries.ts";
import { acceptOptions, serviceGiven } from "./entry-options.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { invitationOf, letterOf } from "./invitation.ts";
import { harmless } from "./render.ts";

const service = "vpce-svc-0123456789abcdef0";

const invite: Command = {
  name: "invite",
  operands: "<account>",
  summary: "let a consumer in, and print what they need to connect",
  more: "Takes what allow takes, and writes the same entry. The letter on stdout can be sent on as it is.",
  options: acceptOptions,
  examples: [
    `drawbridge invite 222222222222 --service ${service} --name acme`,
    `drawbridge invite 222222222222 --service ${service} --name acme --region eu-west-1 --at-most 2 > acme.txt`,
  ],
  async run(call) {
    const at = serviceGiven(call.given);
    if (at === "*") throw wrongUsage("--service '*' is no service to connect to", "name the one that they shall use");
    const [shown, put] = [await call.api.get<Shown>(pathOf("services", at)), await putGiven(call, this, "accept")];
    const invitation = invitationOf(put.entry, shown.service, shown.facts);
    if (invitation === undefined)
      throw new Failure(1, "NotFound", `AWS does not tell the name of ${at}`, "look at it with: drawbridge services show");
    call.terminal.err(putWords(put));
    call.result({ ...put, invitation }, () => letterOf(put.entry, invitation).split("\n").map(harmless).join("\n"));
  },
};

export const inviteCommands: readonly Command[] = [invite];
