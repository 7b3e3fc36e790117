// A function with a wrong setting does not start, and says which and what it should be.

import { afterEach, describe, expect, test, vi } from "vitest";
import { settings } from "../../lib/lambda/settings.ts";

afterEach(() => vi.unstubAllEnvs());
const given = (env: Record<string, string>): void => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
};

describe("settings", () => {
  test("are read and checked, those that were asked for alone", () => {
    given({
      CONNECTIONS_TABLE: "stack-Connections-1",
      PUBLIC_URL: "https://abc.execute-api.eu-west-1.amazonaws.com/",
      HOSTED_ZONE_IDS: "Z1ABC, Z2DEF",
      OBSERVE_QUEUE_URL: "http://127.0.0.1:4566/111111111111/q",
    });
    expect(settings("CONNECTIONS_TABLE", "PUBLIC_URL", "HOSTED_ZONE_IDS", "OBSERVE_QUEUE_URL")).toEqual({
      CONNECTIONS_TABLE: "stack-Connections-1",
      PUBLIC_URL: "https://abc.execute-api.eu-west-1.amazonaws.com",
      HOSTED_ZONE_IDS: ["Z1ABC", "Z2DEF"],
      OBSERVE_QUEUE_URL: "http://127.0.0.1:4566/111111111111/q",
    });
  });

  test("may name no zones and no roles", () => {
    given({ HOSTED_ZONE_IDS: "", OWN_ROLE_ARNS: "" });
    expect(settings("HOSTED_ZONE_IDS", "OWN_ROLE_ARNS")).toEqual({ HOSTED_ZONE_IDS: [], OWN_ROLE_ARNS: [] });
  });

  test("that are missing or wrong are all named, each with what it should be", () => {
    given({ APPROVALS_TOPIC_ARN: "approvals", HOSTED_ZONE_IDS: "pl.example.com" });
    const wrong = (): unknown => settings("APPROVALS_TOPIC_ARN", "BUS_NAME", "HOSTED_ZONE_IDS");
    expect(wrong).toThrow(/APPROVALS_TOPIC_ARN is "approvals"; it should be the ARN of the topic for approvers/);
    expect(wrong).toThrow(/BUS_NAME is missing; it should be the name of the event bus/);
    expect(wrong).toThrow(/HOSTED_ZONE_IDS is "pl.example.com"/);
  });
});
