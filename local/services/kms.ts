// KMS: keys that sign, made by the template, whose private half stays here; and the wait before one is deleted.

import { createSign, generateKeyPairSync, randomUUID, type KeyObject } from "node:crypto";

import { numberOr, optionalText, text } from "../members.ts";
import { AwsError, type Call, type Clock, type Demand, type Service } from "../service.ts";

const MESSAGE_BYTES_MAX = 4096;
const DAY_MS = 24 * 60 * 60 * 1000;
const ALGORITHM = "ECDSA_SHA_256";

interface Key {
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly spec: string;
  readonly usage: string;
  readonly description: string;
  readonly createdAt: number;
  state: "Enabled" | "Disabled" | "PendingDeletion";
  deletedAt?: number;
  /** IAM's policies count only where the key's own lets them. */
  readonly policy: unknown;
  /** Only a key that signs has halves. */
  readonly pair?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

export function createKms(options: { region: string; clock: Clock }): Service {
  const keys = new Map<string, Key>();
  const find = (call: Call): Key => {
    const given = text(call.input, "KeyId");
    const key = keys.get(given.split("/").at(-1) ?? "");
    if (key === undefined) throw new AwsError("NotFoundException", `Key '${given}' does not exist`);
    return key;
  };
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    CreateKey: (call) => ({ KeyMetadata: shown(made(keys, options, call)) }),
    ListKeys: ({ caller }) => ({
      Keys: [...keys.values()].filter(({ account }) => account === caller.account).map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })),
    }),
    DescribeKey: (call) => ({ KeyMetadata: shown(find(call)) }),
    GetPublicKey: (call) => publicKey(find(call)),
    Sign: (call) => signed(find(call), call),
    ScheduleKeyDeletion: (call) => scheduledDeletion(find(call), call, options.clock),
    CancelKeyDeletion: (call) => cancelledDeletion(find(call)),
    EnableKey(call) {
      const key = find(call);
      if (key.state === "PendingDeletion") throw pendingDeletion(key);
      key.state = "Enabled";
      return {};
    },
  };
  return {
    signingName: "kms",
    actions: new Set(Object.keys(actions)),
    demands(call): Demand[] {
      if (call.action === "CreateKey" || call.action === "ListKeys") return [{ action: `kms:${call.action}`, resource: "*" }];
      const { arn, policy } = find(call);
      return [{ action: `kms:${call.action}`, resource: arn, resourcePolicy: policy }];
    },
    handle: (call) => actions[call.action]?.(call),
  };
}

const pendingDeletion = ({ arn }: Key): AwsError => new AwsError("KMSInvalidStateException", `${arn} is pending deletion.`);

function scheduledDeletion(key: Key, { input }: Call, clock: Clock): object {
  if (key.state === "PendingDeletion") throw pendingDeletion(key);
  const days = numberOr(input, "PendingWindowInDays", 30);
  if (days < 7 || days > 30) throw new AwsError("ValidationException", "PendingWindowInDays must be from 7 to 30.");
  key.state = "PendingDeletion";
  key.deletedAt = clock.now() + days * DAY_MS;
  return { KeyId: key.arn, DeletionDate: new Date(key.deletedAt), KeyState: key.state, PendingWindowInDays: days };
}

/** A key that was to be deleted comes back switched off. */
function cancelledDeletion(key: Key): object {
  if (key.state !== "PendingDeletion") throw new AwsError("KMSInvalidStateException", `${key.arn} is not pending deletion.`);
  key.state = "Disabled";
  delete key.deletedAt;
  return { KeyId: key.arn };
}

function made(keys: Map<string, Key>, { region, clock }: { region: string; clock: Clock }, { input, caller }: Call): Key {
  const spec = optionalText(input, "KeySpec") ?? "SYMMETRIC_DEFAULT";
  const usage = optionalText(input, "KeyUsage") ?? "ENCRYPT_DECRYPT";
  if (spec !== "SYMMETRIC_DEFAULT" && !(spec === "ECC_NIST_P256" && usage === "SIGN_VERIFY"))
    throw new AwsError("ValidationException", `Local AWS has no keys of ${spec} for ${usage}.`);
  const id = randomUUID();
  const key: Key = {
    id,
    arn: `arn:aws:kms:${region}:${caller.account}:key/${id}`,
    account: caller.account,
    spec,
    usage,
    description: optionalText(input, "Description") ?? "",
    createdAt: clock.now(),
    state: "Enabled",
    policy: JSON.parse(optionalText(input, "Policy") ?? JSON.stringify(managedByIam(caller.account))),
    ...(usage === "SIGN_VERIFY" ? { pair: generateKeyPairSync("ec", { namedCurve: "P-256" }) } : {}),
  };
  keys.set(id, key);
  return key;
}

/** What a key has without a policy of its own. */
const managedByIam = (account: string): object => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" }],
});

const shown = ({ id, arn, account, spec, usage, description, createdAt, state, deletedAt }: Key): object => ({
  KeyId: id,
  Arn: arn,
  AWSAccountId: account,
  CreationDate: new Date(createdAt),
  Description: description,
  Enabled: state === "Enabled",
  KeyState: state,
  ...(deletedAt === undefined ? {} : { DeletionDate: new Date(deletedAt) }),
  KeyUsage: usage,
  KeySpec: spec,
  Origin: "AWS_KMS",
  KeyManager: "CUSTOMER",
});

function pairOf({ arn, pair, usage }: Key): NonNullable<Key["pair"]> {
  if (pair === undefined) throw new AwsError("InvalidKeyUsageException", `${arn} key usage is ${usage} which is not valid for Sign.`);
  return pair;
}

function signed(key: Key, { input }: Call): object {
  if (key.state === "PendingDeletion") throw pendingDeletion(key);
  if (key.state === "Disabled") throw new AwsError("DisabledException", `${key.arn} is disabled.`);
  const { privateKey } = pairOf(key);
  const algorithm = text(input, "SigningAlgorithm");
  if (algorithm !== ALGORITHM)
    throw new AwsError("InvalidKeyUsageException", `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  const message = Buffer.from(text(input, "Message"), "base64");
  if ((optionalText(input, "MessageType") ?? "RAW") !== "RAW")
    throw new AwsError("ValidationException", "Local AWS signs RAW messages only.");
  if (message.length === 0 || message.length > MESSAGE_BYTES_MAX)
    throw new AwsError(
      "ValidationException",
      "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length between 1 and 4096",
    );
  const signature = createSign("sha256").update(message).sign({ key: privateKey, dsaEncoding: "der" });
  return { KeyId: key.arn, Signature: signature.toString("base64"), SigningAlgorithm: algorithm };
}

function publicKey(key: Key): object {
  const { publicKey: half } = pairOf(key);
  return {
    KeyId: key.arn,
    PublicKey: half.export({ type: "spki", format: "der" }).toString("base64"),
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    KeyUsage: key.usage,
    SigningAlgorithms: [ALGORITHM],
  };
}
