// Slack's secret: what an operator puts there, and where it may lead.

import { Fault } from "../faults.ts";

/** Posts as the app: to one channel and, if asked for, to each approver directly. */
export interface Bot {
  readonly token: string;
  /** A channel's id, or its name. */
  readonly channel: string;
  readonly api: URL;
  readonly directMessages: boolean;
}

export interface SlackSecret {
  readonly bot?: Bot;
  /** Slack's incoming webhook: a message with the link alone. */
  readonly webhook?: URL;
  readonly signingSecret?: string;
}

const shape = '{"botToken":"xoxb-…","signingSecret":"…","channel":"C…"}, or {"webhookUrl":"https://hooks.slack.com/services/…"}';
const slackApi = "https://slack.com/api/";
/** GovSlack runs on a domain of its own: https://api.slack-gov.com/gov-slack/about */
const hosts = ["slack.com", "slack-gov.com"];
const hooks = hosts.map((host) => `hooks.${host}`);

/** The secret's own text never shows in an error. */
export function readSecret(text: string): SlackSecret {
  const members = parsed(text);
  const given = (name: string): string | undefined => {
    const value = members[name];
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string" || /\s/.test(value)) throw misconfigured(`its ${name} must be text without spaces`);
    return value;
  };
  const webhook = webhookOf(members["webhookUrl"]);
  const [token, signingSecret, channel] = [given("botToken"), given("signingSecret"), given("channel")];
  if (token === undefined)
    return { ...(webhook === undefined ? {} : { webhook }), ...(signingSecret === undefined ? {} : { signingSecret }) };
  if (channel === undefined) throw misconfigured("with a botToken it must name the channel");
  if (signingSecret === undefined || signingSecret.length < signingSecretLengthMin)
    throw misconfigured("with a botToken it must have the app's signingSecret, or nobody could answer");
  return { signingSecret, bot: { token, channel, api: apiOf(given("apiUrl")), directMessages: members["directMessages"] === true } };
}

/** Slack's own has 32. A short one could be guessed. */
const signingSecretLengthMin = 16;

/** The secrets that requests of Slack may be signed with; one that cannot be read signs nothing. */
export function signingSecretOf(text: string): string | undefined {
  try {
    return readSecret(text).signingSecret;
  } catch {
    return undefined;
  }
}

function webhookOf(given: unknown): URL | undefined {
  if (given === undefined || given === "") return undefined;
  const url = typeof given === "string" && URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !leadsTo(url, hooks)) throw misconfigured("its webhookUrl must begin with https://hooks.slack.com/");
  return url;
}

/** Where an answer to a person goes; Slack names it in each request. */
export function responseUrlOf(given: unknown): URL | undefined {
  const url = typeof given === "string" && URL.canParse(given) ? new URL(given) : undefined;
  return url !== undefined && leadsTo(url, hooks) ? url : undefined;
}

function apiOf(given: string | undefined): URL {
  const url = given === undefined ? new URL(slackApi) : URL.canParse(given) ? new URL(`${given.replace(/\/$/, "")}/`) : undefined;
  if (url === undefined || !leadsTo(url, hosts)) throw misconfigured(`its apiUrl must begin with ${slackApi}, or be left out`);
  return url;
}

/** Nowhere but Slack, so that whoever may write the secret cannot send our messages, or a request, elsewhere; this machine is for trying out. */
function leadsTo({ protocol, hostname, port, username, password }: URL, among: readonly string[]): boolean {
  if (username !== "" || password !== "") return false;
  if (protocol === "https:") return among.includes(hostname) && port === "";
  return protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw misconfigured("it must be JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw misconfigured("it must be a JSON object");
  return value as Readonly<Record<string, unknown>>;
}

/** The code of a fault: what stands in the secret cannot be used. */
export const secretMisread = "SlackMisconfigured";
const misconfigured = (why: string): Fault => new Fault(secretMisread, "Slack's secret", `${why}; it looks like ${shape}`, false);
