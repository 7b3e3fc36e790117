// The command slack manifest: the Slack app that Drawbridge asks through, ready to be made from.

import { operandsOf, type Command } from "./command.ts";
import { wrongUsage } from "./failure.ts";
import { slackManifest } from "../lib/slack/manifest.ts";

const manifest: Command = {
  name: "slack manifest",
  operands: "",
  summary: "print the manifest of the Slack app that approvers are asked through",
  more: "Make the app from it at https://api.slack.com/apps (Create New App, From a manifest), install it, invite it to the channel, and put its bot token and signing secret into the stack's SlackSecret: docs/slack.md. Nothing is sent anywhere.",
  options: {
    url: { value: "URL", help: "the deployment's public address, the stack's output PublicUrl; without it that of the API" },
    name: { value: "NAME", help: "what the app is called in Slack (Drawbridge unless told)" },
  },
  examples: ["drawbridge slack manifest", "drawbridge slack manifest --name 'Drawbridge prod'"],
  async run(call) {
    operandsOf(call, this, 0);
    const { given, terminal } = call;
    const address = given.text("url") ?? given.text("api") ?? terminal.env["DRAWBRIDGE_API"];
    if (address === undefined || !URL.canParse(address))
      throw wrongUsage("no API address is given", "give --url, the stack's output PublicUrl, or set DRAWBRIDGE_API");
    const made = slackManifest(new URL(address), given.text("name"));
    call.result(made, () => JSON.stringify(made, null, 2));
  },
};

export const slackCommands: readonly Command[] = [manifest];
