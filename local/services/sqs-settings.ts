// The attributes of a queue that can be set: their defaults, their limits, and the policies in them.
import { document, isMembers, numberOr, optionalText } from "../members.ts";
import { AwsError } from "../service.ts";

export type QueueSettings = Readonly<Record<string, string>>;

const MESSAGE_SIZE_LIMIT_BYTES = 1_048_576;

/** name → [default, smallest, largest] */
const NUMBERS: Readonly<Record<string, readonly [string, number, number]>> = {
  DelaySeconds: ["0", 0, 900],
  MaximumMessageSize: [String(MESSAGE_SIZE_LIMIT_BYTES), 1024, MESSAGE_SIZE_LIMIT_BYTES],
  MessageRetentionPeriod: ["345600", 60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: ["0", 0, 20],
  VisibilityTimeout: ["30", 0, 43_200],
  KmsDataKeyReusePeriodSeconds: ["300", 60, 86_400],
};
const TEXTS = new Set(["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"]);

export const DEFAULT_SETTINGS: QueueSettings = {
  DelaySeconds: "0",
  MaximumMessageSize: String(MESSAGE_SIZE_LIMIT_BYTES),
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
  SqsManagedSseEnabled: "true",
  VisibilityTimeout: "30",
};

/** The settings after a change; an empty policy takes the old one away. */
export function changedSettings(old: QueueSettings, change: Readonly<Record<string, string>>): QueueSettings {
  const settings: Record<string, string> = { ...old };
  for (const [name, value] of Object.entries(change)) {
    checkSetting(name, value);
    if (TEXTS.has(name) && value === "") delete settings[name];
    else settings[name] = value;
  }
  return settings;
}

function checkSetting(name: string, value: string): void {
  const limits = NUMBERS[name];
  if (limits !== undefined) {
    const number = Number(value);
    if (Number.isInteger(number) && number >= limits[1] && number <= limits[2]) return;
    throw new AwsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.`, 400, {
      queryErrorCode: "InvalidAttributeValue",
    });
  }
  if (name === "FifoQueue" || name === "ContentBasedDeduplication") {
    throw new AwsError("UnsupportedOperation", "Local AWS has standard queues only.", 400, {
      queryErrorCode: "AWS.SimpleQueueService.UnsupportedOperation",
    });
  }
  if (!TEXTS.has(name))
    throw new AwsError("InvalidAttributeName", `Unknown Attribute ${name}.`, 400, { queryErrorCode: "InvalidAttributeName" });
  if (value !== "" && (name === "Policy" || name.startsWith("Redrive"))) document(value);
  if (name === "RedrivePolicy" && value !== "") redrivePolicy({ RedrivePolicy: value });
}

export function seconds(settings: QueueSettings, name: string): number {
  return Number(settings[name] ?? DEFAULT_SETTINGS[name] ?? "0");
}

export function redrivePolicy(
  settings: QueueSettings,
): { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number } | undefined {
  const policy = document(settings["RedrivePolicy"]);
  if (!isMembers(policy)) return undefined;
  const deadLetterTargetArn = optionalText(policy, "deadLetterTargetArn");
  const maxReceiveCount = numberOr(policy, "maxReceiveCount", 10);
  if (deadLetterTargetArn === undefined || maxReceiveCount < 1 || maxReceiveCount > 1000) {
    throw new AwsError("InvalidParameterValue", `Value ${settings["RedrivePolicy"] ?? ""} for parameter RedrivePolicy is invalid.`, 400, {
      queryErrorCode: "InvalidParameterValue",
    });
  }
  return { deadLetterTargetArn, maxReceiveCount };
}
