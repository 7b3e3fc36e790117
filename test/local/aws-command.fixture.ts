// The real `aws` command against local AWS, where it is installed: another client with another idea of the protocols.

import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "vitest";
import { wallClock } from "../../local/clock.ts";
import { createDynamoDb } from "../../local/services/dynamodb.ts";
import { createEc2 } from "../../local/services/ec2.ts";
import { createRoute53 } from "../../local/services/route53.ts";
import { createSecretsManager } from "../../local/services/secretsmanager.ts";
import { createSts } from "../../local/services/sts.ts";
import { REGION, wire } from "./wire.fixture.ts";
import type { Wire } from "./wire.fixture.ts";

export const isInstalled = spawnSync("aws", ["--version"]).status === 0;
const run = promisify(execFile);

/** Local AWS for the tests of this block; gives the command: what it prints, parsed, or what it says on the error stream. */
export function awsCommand(): (account: string, ...words: readonly string[]) => Promise<unknown> {
  let aws: Wire;
  beforeAll(async () => {
    const clock = wallClock();
    aws = await wire(async (identities) => [
      createEc2({ region: REGION, clock, delays: { available: 1, deleted: 1 }, notify: () => undefined }),
      createRoute53({ clock }),
      await createDynamoDb({ region: REGION, clock }),
      createSecretsManager({ region: REGION, clock }),
      createSts({ identities, clock }),
    ]);
  });
  afterAll(async () => await aws.front.close());

  return async (account, ...words) => {
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "any",
      AWS_DEFAULT_REGION: REGION,
      AWS_PAGER: "",
      AWS_MAX_ATTEMPTS: "1",
    };
    try {
      const { stdout } = await run("aws", ["--endpoint-url", aws.front.url, "--output", "json", ...words], { env });
      return stdout.trim() === "" ? {} : JSON.parse(stdout);
    } catch (error) {
      return (error as { stderr: string }).stderr.trim();
    }
  };
}
