// A request is Slack's own only when every bit of it is, and it is of this moment.

import { describe, expect, test } from "vitest";
import type { Instant } from "../../lib/ids.ts";
import { signatureOf } from "../../lib/slack/signature.ts";
import { signature } from "../../local/slack.ts";

const now = "2026-11-23T22:00:00.000Z" as Instant;
const [secret, other] = ["8f742231b10e8888abcd99yyyzzz85a5", "e6b19c573432dcc6b075501d51b51bb8"];
const body = "payload=%7B%22type%22%3A%22block_actions%22%7D";

const check = (headers: Record<string, string>, text = body, secrets: readonly string[] = [secret], at = now) =>
  signatureOf(secrets, { headers, body: Buffer.from(text) }, at);
const signedAt = (seconds: number, by = secret): Record<string, string> => signature(by, body, Date.parse(now) + seconds * 1000);
const refused = (found: ReturnType<typeof signatureOf>): string | undefined => ("refused" in found ? found.refused : undefined);

describe("a request", () => {
  test("that Slack documents as its example is taken", () => {
    const example =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const found = check(
      {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
      },
      example,
      [secret],
      new Date(1_531_420_618_000).toISOString() as Instant,
    );
    expect(found).toEqual({ signature: "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503" });
  });

  test("is taken with the secret of now and the one before, and with no other", () => {
    expect(check(signedAt(0))).toHaveProperty("signature");
    expect(check(signedAt(0, other), body, [secret, other])).toHaveProperty("signature");
    expect(refused(check(signedAt(0, other)))).toBe("forged");
    expect(refused(check(signedAt(0), body, []))).toBe("forged");
    expect(refused(check(signedAt(0, ""), body, ["", secret]))).toBe("forged");
  });

  test("is of this moment, to five minutes either way", () => {
    for (const seconds of [-300, -299, 0, 299, 300]) expect(check(signedAt(seconds)), String(seconds)).toHaveProperty("signature");
    for (const seconds of [-86_400, -301, 301, 86_400])
      expect(refused(check(signedAt(seconds))), String(seconds)).toBe("not of this moment");
  });

  test("with any one bit of its signature, time or body changed is refused", () => {
    const headers = signedAt(0);
    const { "x-slack-signature": given = "", "x-slack-request-timestamp": time = "" } = headers;
    const hex = Buffer.from(given.slice(3), "hex");
    for (let bit = 0; bit < hex.length * 8; bit += 1)
      expect(refused(check({ ...headers, "x-slack-signature": `v0=${flipped(hex, bit).toString("hex")}` }))).toBe("forged");
    for (let bit = 0; bit < given.length * 8; bit += 1)
      expect(refused(check({ ...headers, "x-slack-signature": flipped(Buffer.from(given), bit).toString("latin1") }))).toBeDefined();
    for (let bit = 0; bit < time.length * 8; bit += 1)
      expect(refused(check({ ...headers, "x-slack-request-timestamp": flipped(Buffer.from(time), bit).toString("latin1") }))).toBeDefined();
    for (let bit = 0; bit < body.length * 8; bit += 1)
      expect(refused(signatureOf([secret], { headers, body: flipped(Buffer.from(body), bit) }, now))).toBe("forged");
  });

  test("that is not signed in Slack's form is refused before anything is computed", () => {
    const headers = signedAt(0);
    const { "x-slack-signature": given = "", "x-slack-request-timestamp": time = "" } = headers;
    for (const wrong of [
      "",
      "v0=",
      given.slice(0, -1),
      `${given}0`,
      given.toUpperCase(),
      given.replace("v0", "v1"),
      ` ${given}`,
      given.slice(3),
    ])
      expect(refused(check({ ...headers, "x-slack-signature": wrong })), wrong).toBe("unsigned");
    for (const wrong of ["", "0", `0${time}`, `+${time}`, `${time}.0`, `-${time}`, "1e9", "NaN", `${time} `])
      expect(refused(check({ ...headers, "x-slack-request-timestamp": wrong })), wrong).toBe("unsigned");
    expect(refused(check({}))).toBe("unsigned");
  });
});

function flipped(bytes: Buffer, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}
