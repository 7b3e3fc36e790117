// Reading what a Slack incoming webhook is posted, well enough to show it to a person.
import { document, isMembers, optionalText, rows, type Members } from "./members.ts";

/** undefined: not a message Slack would take. */
export function slackMessage(body: string, url: URL): { channel: "slack"; to: string; subject: string; text: string } | undefined {
  const posted = parsed(body);
  if (posted === undefined) return undefined;
  const plain = optionalText(posted, "text") ?? "";
  const blocks = rows(posted, "blocks");
  if (plain === "" && blocks.length === 0) return undefined;
  const channel = optionalText(posted, "channel") ?? url.searchParams.get("channel") ?? "#local";
  return { channel: "slack", to: channel, ...asLetter(plain, blocks) };
}

/** A message as plain lines. */
export function asLetter(plain: string, blocks: readonly Members[]): { subject: string; text: string } {
  const lines = blocks.flatMap(blockLines);
  return { subject: plain.split("\n", 1)[0] ?? "", text: (lines.length > 0 ? lines : [plain]).join("\n") };
}

function parsed(body: string): Members | undefined {
  try {
    const value = document(body.startsWith("payload=") ? (new URLSearchParams(body).get("payload") ?? "") : body);
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Header, section, context and actions blocks; buttons become `text: url`. */
function blockLines(block: Members): readonly string[] {
  const direct = isMembers(block["text"]) ? [optionalText(block["text"], "text") ?? ""] : [];
  const fields = rows(block, "fields").map((field) => optionalText(field, "text") ?? "");
  const elements = rows(block, "elements").map((element) => {
    const label = isMembers(element["text"]) ? optionalText(element["text"], "text") : optionalText(element, "text");
    const link = optionalText(element, "url");
    return link === undefined ? (label ?? "") : `${label ?? ""}: ${link}`;
  });
  return [...direct, ...fields, ...elements].filter((line) => line !== "");
}
