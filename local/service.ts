// What one AWS service is on local AWS: how a call reaches it, and how it refuses.

/** Who calls, as AWS would see them after checking the signature. */
export interface Caller {
  /** Twelve digits. */
  readonly account: string;
  /** `arn:aws:iam::111111111111:root`, or `arn:aws:sts::…:assumed-role/name/session`. */
  readonly arn: string;
  /** What the service sees as unique user id: `AIDA…`, `AROA…:session`, or the account for root. */
  readonly userId: string;
  readonly accessKeyId: string;
  /** Absent for an account's own key: it may do all in its account, as root may. */
  readonly role?: Role;
}

/** A role, as IAM holds it. */
export interface Role {
  readonly arn: string;
  readonly name: string;
  /** Inline and attached policy documents, parsed. */
  readonly policies: readonly { readonly name: string; readonly document: unknown }[];
  /** Who may assume it; only a stack's is kept. */
  readonly trust?: unknown;
}

/** One call, decoded from its protocol. Member names and shapes are those of the AWS API model. */
export interface Call {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly region: string;
  /** The Region that it is signed for; unknown for calls from inside. Only EC2 tells endpoints of other Regions by it. */
  readonly signedFor?: string;
  readonly requestId: string;
  /** X-Ray's header, where the caller sent one. */
  readonly trace?: string;
}

/** What IAM is asked before a call runs: every row must be allowed. */
export interface Demand {
  /** `ec2:AcceptVpcEndpointConnections` */
  readonly action: string;
  /** Full ARN, or `*` where AWS has no resource level. */
  readonly resource: string;
  /** Condition context beyond the global keys: `ec2:Region`, `aws:ResourceTag/drawbridge`, … */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** The resource's own policy (queue, topic, bus), parsed, when it has one. */
  readonly resourcePolicy?: unknown;
  /** The account that owns the resource; the caller's when absent. */
  readonly resourceAccount?: string;
}

export type Protocol = "ec2" | "query" | "json-1.0" | "json-1.1" | "rest-xml" | "rest-json";

/** One AWS service. Stateless about transport: decoding, signing, IAM and encoding happen around it. */
export interface Service {
  /** The signing name in the credential scope: `ec2`, `sqs`, `events`, `route53`, `secretsmanager` … */
  readonly signingName: string;
  /** Every action it knows. Anything else answers as AWS does for an unknown action. */
  readonly actions: ReadonlySet<string>;
  demands(call: Call): readonly Demand[] | Promise<readonly Demand[]>;
  /** The output members of the API model; throws `AwsError`. */
  handle(call: Call): unknown;
}

/** A refusal in AWS's own words. `code` is the API's error code; `sender` false means AWS's fault (5xx). */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(code: string, message: string, status = 400, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** A message that an AWS service itself sends on (SNS to SQS, a rule to its target), checked against the target's policy. */
export interface ServicePrincipal {
  /** `sns.amazonaws.com`, `events.amazonaws.com`, `vpce.amazonaws.com` … */
  readonly service: string;
  readonly sourceArn: string;
  readonly sourceAccount: string;
}

/** Time as local AWS sees it; tests hand in their own. */
export interface Clock {
  now(): number;
  /** Runs `work` after `ms`; the returned function calls it off. */
  after(ms: number, work: () => void): () => void;
}
