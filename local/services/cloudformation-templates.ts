// Templates as CloudFormation is given them, in the request or in a bucket, and what it tells of one before anything is made.
import { list, optionalText, record, text, type Members } from "../members.ts";
import { AwsError } from "../service.ts";
import { asTemplate, type Template } from "../template/template.ts";
import { templateFrom } from "../template/template-text.ts";
import type { Held } from "./cloudformation-stacks.ts";
import type { Buckets } from "./s3-buckets.ts";

export interface TemplateSources {
  readonly buckets: Pick<Buckets, "find">;
}

const BODY_BYTES_MAX = 51_200;
const BYTES_MAX = 1_000_000;

export function templateOf(input: Members, { buckets }: TemplateSources): Template | undefined {
  const url = optionalText(input, "TemplateURL");
  const body = url === undefined ? optionalText(input, "TemplateBody") : stored(url, buckets);
  if (body === undefined) return undefined;
  const most = url === undefined ? BODY_BYTES_MAX : BYTES_MAX;
  if (Buffer.byteLength(body) > most)
    throw new AwsError(
      "ValidationError",
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${String(most)}`,
    );
  try {
    return asTemplate(templateFrom(body));
  } catch (error) {
    throw new AwsError("ValidationError", error instanceof Error ? error.message : String(error));
  }
}

/** `https://bucket.s3.region.amazonaws.com/key` */
function stored(url: string, buckets: Pick<Buckets, "find">): string {
  const { hostname, pathname } = new URL(url);
  const bucket = /^(.+)\.s3[.-]/.exec(hostname)?.[1] ?? "";
  const object = buckets.find(bucket)?.objects.get(decodeURIComponent(pathname.slice(1)));
  if (object === undefined) throw new AwsError("ValidationError", `S3 error: The specified key does not exist: ${url}`);
  return object.body.toString("utf8");
}

/** What a caller must consent to: roles and policies, and more so those with a name of their own. */
export function capabilityOf(template: Template): "CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM" | undefined {
  const iam = iamResources(template);
  if (iam.length === 0) return undefined;
  const isNamed = iam.some((one) => NAMES.some((name) => record(one, "Properties")[name] !== undefined));
  return isNamed ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM";
}

const NAMES = ["RoleName", "ManagedPolicyName", "UserName", "GroupName", "InstanceProfileName"];
const iamResources = ({ resources }: Template): Members[] =>
  Object.values(resources).filter(({ Type }) => String(Type).startsWith("AWS::IAM::"));

/** GetTemplateSummary: of a template that is given, or of a stack's. */
export function summaryOf(input: Members, sources: TemplateSources, find: (name: string) => Held): Members {
  const stack = optionalText(input, "StackName");
  const template = stack === undefined ? templateOf(input, sources) : find(stack).template;
  if (template === undefined)
    throw new AwsError("ValidationError", "Either StackName, TemplateURL or TemplateBody must be specified, of a template that is there.");
  const { source } = template;
  return {
    ...told(template),
    Parameters: Object.keys(template.parameters).map((name) => {
      const declared = record(template.parameters, name);
      const allowed = list(declared, "AllowedValues").map(String);
      return {
        ...parameterRow(name, declared),
        ParameterType: text(declared, "Type"),
        ParameterConstraints: allowed.length === 0 ? {} : { AllowedValues: allowed },
      };
    }),
    ResourceTypes: [...new Set(Object.values(template.resources).map(({ Type }) => String(Type)))],
    Version: optionalText(source, "AWSTemplateFormatVersion"),
    Metadata: source["Metadata"] === undefined ? undefined : JSON.stringify(source["Metadata"]),
  };
}

/** ValidateTemplate. */
export function validated(input: Members, sources: TemplateSources): Members {
  const template = templateOf(input, sources);
  if (template === undefined) throw new AwsError("ValidationError", "Either Template URL or Template Body must be specified.");
  const Parameters = Object.keys(template.parameters).map((name) => parameterRow(name, record(template.parameters, name)));
  return { ...told(template), Parameters };
}

function told(template: Template): Members {
  const capability = capabilityOf(template);
  const types = [...new Set(iamResources(template).map(({ Type }) => String(Type)))];
  return {
    Description: optionalText(template.source, "Description"),
    Capabilities: capability === undefined ? [] : [capability],
    ...(capability === undefined ? {} : { CapabilitiesReason: `The following resource(s) require capabilities: [${types.join(", ")}]` }),
  };
}

const parameterRow = (ParameterKey: string, declared: Members): Members => ({
  ParameterKey,
  DefaultValue: optionalText(declared, "Default"),
  NoEcho: declared["NoEcho"] === true || declared["NoEcho"] === "true",
  Description: optionalText(declared, "Description"),
});
