// Links and forms carry seals: what was not made here, or was changed by a single bit, is not known.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Instant } from "../../lib/ids.ts";
import { guard, isGuarded } from "../../lib/web/guard.ts";
import { isSealed, seal } from "../../lib/web/seal.ts";
import { linkExpiry, linkToken, listToken, readLink, readListLink, type Link } from "../../lib/web/links.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { volume } from "../volume.ts";

const keys = ["the newest key, which signs every link", "an older key, which still verifies"];
const now = "2026-11-23T12:00:00.000Z" as Instant;
const link: Link = { question: "q_7-Hc0nWbX2T5Lq8sZb1A", endpoint: endpointOf(1), approver: "approvers", expires: linkExpiry(now) };
const token = linkToken(keys, link);

describe("a link", () => {
  test("says what it was made for, to anybody with the key, old or new", () => {
    expect(readLink(keys, token, now)).toEqual({ state: "valid", link });
    expect(readLink(["a key put in since then, for rotation", ...keys], token, now)).toEqual({ state: "valid", link });
    expect(readLink(keys, linkToken(keys.slice(1), link), now)).toEqual({ state: "valid", link });
    expect(readLink(["another deployment's key altogether"], token, now)).toBeUndefined();
  });

  test("is over after seven days, to the second", () => {
    expect(link.expires).toBe("2026-11-30T12:00:00.000Z");
    expect(readLink(keys, token, "2026-11-30T11:59:59.999Z" as Instant)?.state).toBe("valid");
    expect(readLink(keys, token, "2026-11-30T12:00:00.000Z" as Instant)).toEqual({ state: "expired", link });
  });

  test("fits into a line of a mail and a path", () => {
    expect(token).toMatch(/^[\w-]{100,250}$/);
  });

  test("with any single bit of its text changed it is unknown", () => {
    const bytes = Buffer.from(token, "ascii");
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      for (const text of [changed.toString("latin1"), changed.toString("utf8")]) expect(readLink(keys, text, now)).toBeUndefined();
    }
  });

  test("with any single bit of its content changed it is unknown", () => {
    const bytes = Buffer.from(token, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(readLink(keys, changed.toString("base64url"), now)).toBeUndefined();
    }
  });

  test("cut, lengthened, padded or written in another alphabet it is unknown", () => {
    for (const text of [
      "",
      token.slice(1),
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      token.toUpperCase(),
      `${token}${"A".repeat(4000)}`,
    ])
      expect(readLink(keys, text, now)).toBeUndefined();
    const standard = Buffer.from(token, "base64url").toString("base64");
    if (standard !== token) expect(readLink(keys, standard, now)).toBeUndefined();
  });

  test("no other text is a link, and none makes the reader fail", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary", maxLength: 400 }), fc.base64String({ maxLength: 400 })),
        (text) => readLink(keys, text, now) === undefined,
      ),
      { numRuns: volume(600, 2000) },
    );
  });

  test("whatever is bound is read back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.string({ unit: "grapheme", maxLength: 60 }), (question, approver) => {
        const bound = { ...link, question, approver };
        expect(readLink(keys, linkToken(keys, bound), now)).toEqual({ state: "valid", link: bound });
      }),
    );
  });

  test("without a key nothing is signed or read", () => {
    expect(() => linkToken([], link)).toThrow(/no key/);
    expect(() => readLink([""], token, now)).toThrow(/no key/);
  });
});

describe("the link to a list", () => {
  const bound = { approver: "ann", expires: link.expires };
  const list = listToken(keys, bound);

  test("is read back until it is over, and is no link to a question, nor the other way round", () => {
    expect(readListLink(keys, list, now)).toEqual({ state: "valid", link: bound });
    expect(readListLink(keys, list, bound.expires)).toEqual({ state: "expired", link: bound });
    expect(readLink(keys, list, now)).toBeUndefined();
    expect(readListLink(keys, token, now)).toBeUndefined();
  });

  test("with any single bit of its text or its content changed it is unknown", () => {
    for (const [bytes, text] of [
      [Buffer.from(list, "ascii"), (changed: Buffer) => changed.toString("latin1")],
      [Buffer.from(list, "base64url"), (changed: Buffer) => changed.toString("base64url")],
    ] as const)
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(readListLink(keys, text(changed), now)).toBeUndefined();
      }
  });
});

describe("a form's seal", () => {
  const field = guard(keys, token, now);

  test("holds for this link, for an hour", () => {
    expect(isGuarded(keys, token, field, now)).toBe(true);
    expect(isGuarded(keys, token, field, "2026-11-23T12:59:59.000Z" as Instant)).toBe(true);
    expect(isGuarded(keys, token, field, "2026-11-23T13:00:00.000Z" as Instant)).toBe(false);
    expect(isGuarded(keys, linkToken(keys, { ...link, question: "another" }), field, now)).toBe(false);
    expect(isGuarded(keys.slice(1), token, field, now)).toBe(false);
  });

  test("with any single bit changed it does not hold", () => {
    const bytes = Buffer.from(field, "ascii");
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(isGuarded(keys, token, changed.toString("latin1"), now)).toBe(false);
    }
  });

  test("is not a link's seal, nor the other way round", () => {
    const content = Buffer.from("the same content");
    expect(isSealed(keys, "link", content, seal(keys, "link", content))).toBe(true);
    expect(isSealed(keys, "form", content, seal(keys, "link", content))).toBe(false);
    expect(isSealed(keys, "link", content, seal(keys, "form", content))).toBe(false);
  });
});
