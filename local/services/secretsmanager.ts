// Secrets Manager: secrets with their versions and stages.

import { randomBytes, randomUUID } from "node:crypto";
import { flag, numberOr, optionalNumber, optionalText, rows, text, texts } from "../members.ts";
import type { Members } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call, Clock, Demand, Service } from "../service.ts";

interface Version {
  readonly id: string;
  readonly createdAt: number;
  readonly SecretString: string | undefined;
  readonly SecretBinary: string | undefined;
  readonly stages: Set<string>;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly owner: string;
  readonly createdAt: number;
  readonly versions: Map<string, Version>;
  readonly tags: Map<string, string>;
  description: string | undefined;
  kmsKeyId: string | undefined;
  changedAt: number;
  deletedAt: number | undefined;
}

interface State {
  readonly region: string;
  readonly clock: Clock;
  /** By ARN. */
  readonly secrets: Map<string, Secret>;
}

const DAY_MS = 86_400_000;
const BYTES_MAX = 65_536;

export function createSecretsManager(options: { clock: Clock; region: string }): Service {
  const state: State = { ...options, secrets: new Map() };
  return {
    signingName: "secretsmanager",
    actions: new Set(Object.keys(ACTIONS)),
    demands: (call) => [demandOf(state, call)],
    handle(call) {
      const action = ACTIONS[call.action];
      if (action === undefined) throw new AwsError("UnknownOperationException", "", 404);
      return action(state, call);
    },
  };
}

const ACTIONS: Readonly<Record<string, (state: State, call: Call) => unknown>> = {
  CreateSecret: create,
  GetSecretValue: getValue,
  PutSecretValue(state, call) {
    const secret = living(state, call);
    const version = addVersion(state, secret, call.input);
    return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
  },
  UpdateSecret(state, call) {
    const secret = living(state, call);
    secret.description = optionalText(call.input, "Description") ?? secret.description;
    secret.kmsKeyId = optionalText(call.input, "KmsKeyId") ?? secret.kmsKeyId;
    secret.changedAt = state.clock.now();
    const isNew = call.input["SecretString"] !== undefined || call.input["SecretBinary"] !== undefined;
    const version = isNew ? addVersion(state, secret, call.input) : undefined;
    return { ARN: secret.arn, Name: secret.name, VersionId: version?.id };
  },
  DescribeSecret: (state, call) => row(find(state, call), "VersionIdsToStages"),
  ListSecrets(state, call) {
    const mine = [...state.secrets.values()].filter(
      (secret) => secret.owner === call.caller.account && (secret.deletedAt === undefined || flag(call.input, "IncludePlannedDeletion")),
    );
    const found = mine.filter((secret) => rows(call.input, "Filters").every((filter) => isMatch(secret, filter)));
    const from = Number(Buffer.from(optionalText(call.input, "NextToken") ?? "", "base64url").toString() || 0);
    const size = Math.min(optionalNumber(call.input, "MaxResults") ?? 100, 100);
    const next = from + size < found.length ? Buffer.from(String(from + size)).toString("base64url") : undefined;
    return { SecretList: found.slice(from, from + size).map((secret) => row(secret, "SecretVersionsToStages")), NextToken: next };
  },
  DeleteSecret(state, call) {
    const secret = find(state, call);
    const isForced = flag(call.input, "ForceDeleteWithoutRecovery");
    const window = numberOr(call.input, "RecoveryWindowInDays", 30);
    if (window < 7 || window > 30)
      throw new AwsError("InvalidParameterException", "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    secret.deletedAt = state.clock.now() + (isForced ? 0 : window * DAY_MS);
    if (isForced) state.secrets.delete(secret.arn);
    return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(secret.deletedAt) };
  },
  RestoreSecret(state, call) {
    const secret = find(state, call);
    secret.deletedAt = undefined;
    return { ARN: secret.arn, Name: secret.name };
  },
};

function create(state: State, call: Call): unknown {
  const { input, caller } = call;
  const name = text(input, "Name");
  if (!/^[\w/+=.@-]{1,512}$/.test(name)) {
    throw new AwsError(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
  }
  const before = [...state.secrets.values()].find((secret) => secret.owner === caller.account && secret.name === name);
  if (before !== undefined) {
    throw before.deletedAt === undefined
      ? new AwsError("ResourceExistsException", `The operation failed because the secret ${name} already exists.`)
      : new AwsError(
          "InvalidRequestException",
          "You can't create this secret because a secret with this name is already scheduled for deletion.",
        );
  }
  const ending = [...randomBytes(6)].map((byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[byte % 52]).join("");
  const now = state.clock.now();
  const secret: Secret = {
    arn: `arn:aws:secretsmanager:${state.region}:${caller.account}:secret:${name}-${ending}`,
    name,
    owner: caller.account,
    createdAt: now,
    versions: new Map(),
    tags: new Map(rows(input, "Tags").map((tag): [string, string] => [text(tag, "Key"), optionalText(tag, "Value") ?? ""])),
    description: optionalText(input, "Description"),
    kmsKeyId: optionalText(input, "KmsKeyId"),
    changedAt: now,
    deletedAt: undefined,
  };
  state.secrets.set(secret.arn, secret);
  const hasValue = input["SecretString"] !== undefined || input["SecretBinary"] !== undefined;
  return { ARN: secret.arn, Name: name, VersionId: hasValue ? addVersion(state, secret, input).id : undefined };
}

/** The new value becomes current, the one before it previous. */
function addVersion(state: State, secret: Secret, input: Members): Version {
  const SecretString = optionalText(input, "SecretString");
  const SecretBinary = optionalText(input, "SecretBinary");
  if ((SecretString === undefined) === (SecretBinary === undefined)) {
    throw new AwsError("InvalidParameterException", "You must provide exactly one of SecretString or SecretBinary.");
  }
  if (Buffer.byteLength(SecretString ?? SecretBinary ?? "") > BYTES_MAX)
    throw new AwsError("ValidationException", `The secret value can't be longer than ${BYTES_MAX} bytes.`);
  const id = optionalText(input, "ClientRequestToken") ?? randomUUID();
  const same = secret.versions.get(id);
  if (same !== undefined) {
    if (same.SecretString === SecretString && same.SecretBinary === SecretBinary) return same;
    throw new AwsError(
      "ResourceExistsException",
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  const asked = texts(input, "VersionStages");
  const stages = new Set(asked.length === 0 ? ["AWSCURRENT"] : asked);
  for (const version of secret.versions.values()) {
    if (stages.has("AWSCURRENT") && version.stages.has("AWSCURRENT")) {
      for (const other of secret.versions.values()) other.stages.delete("AWSPREVIOUS");
      version.stages.add("AWSPREVIOUS");
    }
    for (const stage of stages) version.stages.delete(stage);
  }
  const version: Version = { id, createdAt: state.clock.now(), SecretString, SecretBinary, stages };
  secret.versions.set(id, version);
  secret.changedAt = state.clock.now();
  return version;
}

function getValue(state: State, call: Call): unknown {
  const secret = living(state, call);
  const id = optionalText(call.input, "VersionId");
  const stage = optionalText(call.input, "VersionStage") ?? (id === undefined ? "AWSCURRENT" : undefined);
  const version = [...secret.versions.values()].find(
    (one) => (id === undefined || one.id === id) && (stage === undefined || one.stages.has(stage)),
  );
  if (version === undefined) {
    const what = id === undefined ? `staging label: ${stage ?? ""}` : `VersionId: ${id}`;
    throw new AwsError("ResourceNotFoundException", `Secrets Manager can't find the specified secret value for ${what}`);
  }
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    SecretString: version.SecretString,
    SecretBinary: version.SecretBinary,
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAt),
  };
}

function lookUp(state: State, call: Call): Secret | undefined {
  const given = text(call.input, "SecretId");
  const byArn = state.secrets.get(given);
  if (byArn !== undefined) return byArn;
  const mine = [...state.secrets.values()].filter((secret) => secret.owner === call.caller.account);
  // A partial ARN is one without the hyphen and the six letters.
  return mine.find((secret) => secret.name === given || (given.startsWith("arn:") && secret.arn.slice(0, -7) === given));
}

function find(state: State, call: Call): Secret {
  const secret = lookUp(state, call);
  if (secret === undefined || secret.owner !== call.caller.account)
    throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  return secret;
}

function living(state: State, call: Call): Secret {
  const secret = find(state, call);
  if (secret.deletedAt !== undefined) {
    throw new AwsError("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.");
  }
  return secret;
}

function isMatch(secret: Secret, filter: Members): boolean {
  const values = texts(filter, "Values");
  switch (text(filter, "Key")) {
    case "name":
      return values.some((value) => secret.name.startsWith(value));
    case "tag-key":
      return values.some((value) => secret.tags.has(value));
    default:
      return values.some((value) => `${secret.name} ${secret.description ?? ""}`.includes(value));
  }
}

function row(secret: Secret, stagesAs: string): unknown {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    LastChangedDate: new Date(secret.changedAt),
    CreatedDate: new Date(secret.createdAt),
    DeletedDate: secret.deletedAt === undefined ? undefined : new Date(secret.deletedAt),
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    [stagesAs]: Object.fromEntries(
      [...secret.versions.values()].filter(({ stages }) => stages.size > 0).map(({ id, stages }) => [id, [...stages]]),
    ),
  };
}

function demandOf(state: State, call: Call): Demand {
  const action = `secretsmanager:${call.action}`;
  if (call.action === "ListSecrets") return { action, resource: "*" };
  const arn = (name: string): string => `arn:aws:secretsmanager:${state.region}:${call.caller.account}:secret:${name}`;
  if (call.action === "CreateSecret") return { action, resource: arn(text(call.input, "Name")) };
  const given = text(call.input, "SecretId");
  const secret = lookUp(state, call);
  return {
    action,
    resource: secret?.arn ?? (given.startsWith("arn:") ? given : arn(given)),
    context: { "secretsmanager:SecretId": secret?.arn ?? given },
  };
}
