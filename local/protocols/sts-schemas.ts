// The two actions of STS that local AWS has, in the schema form of the SDK clients: STS's client is no dependency of ours.

const NS = "com.amazonaws.sts";
const STRING = 0;
const NUMBER = 1;
const TIMESTAMP = 4;

const Credentials$ = [
  3,
  NS,
  "Credentials",
  0,
  ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"],
  [STRING, STRING, STRING, TIMESTAMP],
];
const AssumedRoleUser$ = [3, NS, "AssumedRoleUser", 0, ["AssumedRoleId", "Arn"], [STRING, STRING]];
const AssumeRoleRequest$ = [
  3,
  NS,
  "AssumeRoleRequest",
  0,
  ["RoleArn", "RoleSessionName", "Policy", "DurationSeconds", "ExternalId"],
  [STRING, STRING, STRING, NUMBER, STRING],
  2,
];
const AssumeRoleResponse$ = [
  3,
  NS,
  "AssumeRoleResponse",
  0,
  ["Credentials", "AssumedRoleUser"],
  [() => Credentials$, () => AssumedRoleUser$],
];
const GetCallerIdentityRequest$ = [3, NS, "GetCallerIdentityRequest", 0, [], []];
const GetCallerIdentityResponse$ = [3, NS, "GetCallerIdentityResponse", 0, ["UserId", "Account", "Arn"], [STRING, STRING, STRING]];

export const stsSchemas: Readonly<Record<string, unknown>> = {
  AssumeRole$: [9, NS, "AssumeRole", 0, () => AssumeRoleRequest$, () => AssumeRoleResponse$],
  GetCallerIdentity$: [9, NS, "GetCallerIdentity", 0, () => GetCallerIdentityRequest$, () => GetCallerIdentityResponse$],
};
