// What an operator puts into Slack's secret is checked, never shown; and the manifest asks for no more than is used.

import { describe, expect, test } from "vitest";
import { slackManifest } from "../../lib/slack/manifest.ts";
import { readSecret, responseUrlOf, signingSecretOf } from "../../lib/slack/secret.ts";

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
    expect(responseUrlOf("https://hooks.slack.com/actions/T/1/x")?.host).toBe("hooks.slack.com");
    for (const url of [
      "https://evil.example/",
      "http://hooks.slack.com/",
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
