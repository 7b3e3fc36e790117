// What an operator puts into Slack's secret is checked, never shown; and the manifest asks for no more than is used.

import { describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { slackManifest } from "../../lib/slack/manifest.ts";
import { readSecret, responseUrlOf, signingSecretOf, type SlackSecret } from "../../lib/slack/secret.ts";
import { withSecret } from "../../lib/slack/with-secret.ts";

const good = { botToken: "xoxb-1-2-abc", signingSecret: "8f742231b10e8888abcd99yyyzzz85a5", channel: "C0123456789" };
const read = (changes: object) => readSecret(JSON.stringify({ ...good, ...changes }));

describe("Slack's secret", () => {
  test("makes an app of a token, a signing secret and a channel", () => {
    expect(read({})).toEqual({
      signingSecret: good.signingSecret,
      bot: { token: good.botToken, channel: good.channel, api: new URL("https://slack.com/api/"), directMessages: false },
    });
    expect(read({ directMessages: true, apiUrl: "https://slack-gov.com/api" }).bot).toMatchObject({
      directMessages: true,
      api: new URL("https://slack-gov.com/api/"),
    });
    expect(read({ webhookUrl: "https://hooks.slack.com/services/x" }).webhook).toBeUndefined();
    expect(readSecret('{"webhookUrl":"https://hooks.slack-gov.com/services/x"}').webhook?.host).toBe("hooks.slack-gov.com");
  });

  test("with a part missing says which, and not what the others are", () => {
    for (const [changes, why] of [
      [{ channel: "" }, "must name the channel"],
      [{ signingSecret: "" }, "signingSecret"],
      [{ signingSecret: "short" }, "signingSecret"],
      [{ botToken: "xoxb 1" }, "its botToken must be text"],
      [{ botToken: 7 }, "its botToken must be text"],
      [{ apiUrl: "https://evil.example/api" }, "apiUrl must begin with https://slack.com/api/"],
      [{ apiUrl: "http://slack.com/api" }, "apiUrl"],
      [{ apiUrl: "https://slack.com.evil.example/" }, "apiUrl"],
    ] as const) {
      expect(() => read(changes)).toThrow(why);
      expect(() => read(changes)).not.toThrow(/xoxb-1-2-abc|8f742231/);
    }
  });

  test("that cannot be read signs nothing", () => {
    expect(signingSecretOf(JSON.stringify(good))).toBe(good.signingSecret);
    for (const text of ["", "{", "[]", JSON.stringify({ ...good, channel: "" })]) expect(signingSecretOf(text)).toBeUndefined();
  });

  test("answers lead to Slack and nowhere else", () => {
    for (const host of ["hooks.slack.com", "hooks.slack-gov.com"]) expect(responseUrlOf(`https://${host}/actions/T/1/x`)?.host).toBe(host);
    for (const url of [
      "https://evil.example/",
      "http://hooks.slack.com/",
      "http://hooks.slack-gov.com/",
      "https://hooks.slack-gov.com.evil.example/",
      "https://hooks.slack.com:8443/",
      "http://169.254.169.254/",
      7,
      undefined,
    ])
      expect(responseUrlOf(url), String(url)).toBeUndefined();
  });
});

test("the manifest names the door, and asks for what is used alone", () => {
  expect(slackManifest(new URL("https://approvals.example.com/x?y"), "Drawbridge prod")).toMatchObject({
    display_information: { name: "Drawbridge prod" },
    oauth_config: { scopes: { bot: ["chat:write", "im:write"] } },
    settings: {
      interactivity: { is_enabled: true, request_url: "https://approvals.example.com/slack/interactions" },
      socket_mode_enabled: false,
    },
  });
  const { display_information: shown } = slackManifest(new URL("https://a.example")) as { display_information: Record<string, string> };
  // Slack's own limits.
  expect(shown["name"]?.length).toBeLessThanOrEqual(35);
  expect(shown["description"]?.length).toBeLessThanOrEqual(140);
  expect(shown["long_description"]?.length).toBeGreaterThanOrEqual(175);
});

describe("what is kept of the secret", () => {
  const refused = new Fault("SlackTokenRefused", "Slack", "token_revoked", false);
  const reads = (kept: string, fresh: string): { read: (again: boolean) => Promise<string>; count: () => number } => {
    let count = 0;
    return { read: async (again) => ((count += 1), again ? fresh : kept), count: () => count };
  };
  const [old, present] = [JSON.stringify(good), JSON.stringify({ ...good, botToken: "xoxb-present" })];
  const takes =
    (token: string, error: Fault = refused) =>
    async ({ bot }: SlackSecret): Promise<string> => {
      if (bot?.token !== token) throw error;
      return bot.token;
    };

  test("is used as long as Slack takes it, and looked at again once when it does not", async () => {
    const well = reads(old, present);
    expect(await withSecret(well.read, takes(good.botToken))).toBe(good.botToken);
    expect(well.count()).toBe(1);
    const rotated = reads(old, present);
    expect(await withSecret(rotated.read, takes("xoxb-present"))).toBe("xoxb-present");
    expect(rotated.count()).toBe(2);
    // One that could not be read a moment ago, and was put right.
    expect(await withSecret(reads("{", present).read, takes("xoxb-present"))).toBe("xoxb-present");
  });

  test("that is the present one is not tried twice, and any other fault is none of its business", async () => {
    const same = reads(old, old);
    await expect(withSecret(same.read, takes("xoxb-other"))).rejects.toBe(refused);
    const slow = new Fault("SlackRefused", "Slack", "ratelimited", true);
    const other = reads(old, present);
    await expect(withSecret(other.read, takes("xoxb-present", slow))).rejects.toBe(slow);
    expect(other.count()).toBe(1);
  });
});
