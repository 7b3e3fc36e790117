// What local AWS knows of one function, as its CreateFunction would have said, and the environment that its process gets.
import type { Role } from "../service.ts";

export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  readonly role: Role;
  readonly handler: string;
  readonly runtime: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  /** The folder where its package is unzipped. */
  readonly root: string;
  readonly description?: string;
  readonly deadLetterArn?: string;
  /** `Allow`: its own messages may wake it again and again. */
  readonly recursiveLoop?: string;
}

export interface Place {
  readonly region: string;
  /** The address of local AWS. */
  readonly endpoint: string;
}

/** Everything the process sees: nothing of ours leaks in. */
export function environmentOf(
  definition: FunctionDefinition,
  place: Place,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string },
  logStream: string,
): Record<string, string> {
  return {
    PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    ...definition.environment,
    AWS_ENDPOINT_URL: place.endpoint,
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    LAMBDA_TASK_ROOT: definition.root,
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    _HANDLER: definition.handler,
    // A bare ":UTC" is right on Lambda; keep what the template says if it sets another.
    ...(definition.environment["TZ"] === undefined ? {} : { TZ: definition.environment["TZ"] }),
  };
}
