// What is asked of verify, and what every look stands on.
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { EC2Client } from "@aws-sdk/client-ec2";

import type { Reach } from "./reach.ts";

export interface Asked {
  readonly endpoint: string;
  /** Names besides the endpoint's own. */
  readonly names: readonly string[];
  readonly port: number;
  readonly path: string;
  readonly http: boolean;
  /** The command that asks for the same again. */
  readonly again: string;
}

/** What every look stands on. */
export interface Ground {
  readonly ec2: EC2Client;
  readonly cloudWatch: CloudWatchClient;
  readonly region: string;
  readonly asked: Asked;
  readonly reach: Reach;
  /** What mends the connection's state, while it takes no traffic. */
  readonly first: string | undefined;
}
