// What is kept of raw messages for ever holds no secret, and is no longer than it may be.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { masked, rawMax, rawText } from "../../lib/masked.ts";

const secrets: readonly (readonly [string, string])[] = [
  ['{"accessKeyId":"AKIAIOSFODNN7EXAMPLE"}', "AKIAIOSFODNN7EXAMPLE"],
  ['{"secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}', "wJalrXUtnFEMI"],
  ['{"responseElements":{"sessionToken":"FwoGZXIvYXdzEBYaD"}}', "FwoGZXIvYXdzEBYaD"],
  ['{"Message":"{\\"password\\":\\"hunter2\\"}"}', "hunter2"],
  ["Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"],
  ["https://x.example/a/AbCdEfGhIjKlMnOpQrSt.uvw", "AbCdEfGhIjKlMnOpQrSt"],
  ["https://x.example/q/AbCdEfGhIjKlMnOpQrSt.uvw", "AbCdEfGhIjKlMnOpQrSt"],
  ["xapp-1-A111-222-abcdef", "abcdef"],
  ["https://s3?X-Amz-Security-Token=IQoJb3JpZ2luX2Vj&X-Amz-Signature=deadbeef0123", "deadbeef0123"],
  ["https://hooks.slack.com/services/T000/B000/XXXXXXXX", "XXXXXXXX"],
  ["xoxb-1234-5678-abcdef", "abcdef"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "c2lnbmF0dXJl"],
  ["-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----", "MHcCAQEE"],
];

describe("a secret", () => {
  test.each(secrets)("in %s is masked", (text, secret) => {
    expect(masked(text)).not.toContain(secret);
    expect(masked(text)).toContain("***");
  });
  test("is masked also where the cut goes through it", () => {
    for (let before = rawMax - 40; before < rawMax; before += 1)
      expect(rawText(`${"x".repeat(before)} AKIAIOSFODNN7EXAMPLE`)).not.toMatch(/AKIA/);
  });
});

test("what AWS tells of connections stays as it is", () => {
  const message =
    '{"vpcEndpointServiceId":"vpce-svc-0123456789abcdef0","vpcEndpointId":"vpce-0123456789abcdef0","event":"Connect","userIdentity":{"arn":"arn:aws:iam::111111111111:user/alice"}}';
  expect(rawText(message)).toBe(message);
});

test("any text is masked once and for all, and cut", () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...secrets.map(([text]) => text)), (around, secret) => {
      const once = masked(`${around} ${secret} ${around}`);
      expect(masked(once)).toBe(once);
      expect(rawText(once.repeat(200)).length).toBeLessThanOrEqual(rawMax);
    }),
  );
});
