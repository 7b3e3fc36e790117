// Which protocol each AWS service speaks, and where its schemas are.

import type { Protocol } from "../service.ts";
import { elbSchemas } from "./elb-schemas.ts";
import { iamSchemas } from "./iam-schemas.ts";
import { operationOf, shapeOf } from "./shapes.ts";
import type { Operation, Shape } from "./shapes.ts";
import { stsSchemas } from "./sts-schemas.ts";

export interface Model {
  readonly signingName: string;
  readonly protocol: Protocol;
  /** The part of `X-Amz-Target` before the dot. */
  readonly target?: string;
  readonly version?: string;
  readonly xmlns?: string;
  /** What AWS puts before `#` in `__type`. */
  readonly errorNamespace?: string;
  operation(name: string): Operation | undefined;
  operations(): readonly Operation[];
  error(code: string): Shape | undefined;
}

type Schemas = Readonly<Record<string, unknown>>;
type Facts = Omit<Model, "operation" | "operations" | "error" | "signingName">;

const FACTS: Readonly<Record<string, Facts & { readonly schemas: () => Promise<Schemas> }>> = {
  ec2: {
    protocol: "ec2",
    version: "2016-11-15",
    xmlns: "http://ec2.amazonaws.com/doc/2016-11-15/",
    schemas: () => import("@aws-sdk/client-ec2"),
  },
  sns: {
    protocol: "query",
    version: "2010-03-31",
    xmlns: "http://sns.amazonaws.com/doc/2010-03-31/",
    schemas: () => import("@aws-sdk/client-sns"),
  },
  sts: {
    protocol: "query",
    version: "2011-06-15",
    xmlns: "https://sts.amazonaws.com/doc/2011-06-15/",
    schemas: () => Promise.resolve(stsSchemas),
  },
  iam: {
    protocol: "query",
    version: "2010-05-08",
    xmlns: "https://iam.amazonaws.com/doc/2010-05-08/",
    schemas: () => Promise.resolve(iamSchemas),
  },
  elasticloadbalancing: {
    protocol: "query",
    version: "2015-12-01",
    xmlns: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    schemas: () => Promise.resolve(elbSchemas),
  },
  route53: {
    protocol: "rest-xml",
    xmlns: "https://route53.amazonaws.com/doc/2013-04-01/",
    schemas: () => import("@aws-sdk/client-route-53"),
  },
  cloudformation: {
    protocol: "query",
    version: "2010-05-15",
    xmlns: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    schemas: () => import("@aws-sdk/client-cloudformation"),
  },
  dynamodb: {
    protocol: "json-1.0",
    target: "DynamoDB_20120810",
    errorNamespace: "com.amazonaws.dynamodb.v20120810",
    schemas: () => import("@aws-sdk/client-dynamodb"),
  },
  sqs: { protocol: "json-1.0", target: "AmazonSQS", errorNamespace: "com.amazonaws.sqs", schemas: () => import("@aws-sdk/client-sqs") },
  events: { protocol: "json-1.1", target: "AWSEvents", schemas: () => import("@aws-sdk/client-eventbridge") },
  secretsmanager: { protocol: "json-1.1", target: "secretsmanager", schemas: () => import("@aws-sdk/client-secrets-manager") },
  // The clients of these are no dependencies of ours: local AWS checks nothing of what it is asked.
  logs: { protocol: "json-1.1", target: "Logs_20140328", schemas: () => Promise.resolve({}) },
  cloudtrail: {
    protocol: "json-1.1",
    target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    schemas: () => Promise.resolve({}),
  },
  organizations: { protocol: "json-1.1", target: "AWSOrganizationsV20161128", schemas: () => Promise.resolve({}) },
  // Nor is this one: the product signs its two calls by hand.
  kms: { protocol: "json-1.1", target: "TrentService", schemas: () => Promise.resolve({}) },
  monitoring: {
    protocol: "json-1.0",
    target: "GraniteServiceVersion20100801",
    errorNamespace: "com.amazonaws.cloudwatch",
    schemas: () => import("@aws-sdk/client-cloudwatch"),
  },
  ssm: { protocol: "json-1.1", target: "AmazonSSM", schemas: () => import("@aws-sdk/client-ssm") },
};

/** The model of one service, its schemas loaded. */
export async function loadModel(signingName: string): Promise<Model> {
  const facts = FACTS[signingName];
  if (facts === undefined) throw new Error(`local AWS has no model for the service "${signingName}": add it to local/protocols/models.ts`);
  const { schemas: load, ...rest } = facts;
  const schemas = await load();
  const operations = new Map<string, Operation>();
  const all = (): readonly Operation[] => {
    if (operations.size === 0) {
      for (const operation of Object.values(schemas).map(operationOf))
        if (operation !== undefined) operations.set(operation.name, operation);
    }
    return [...operations.values()];
  };
  return {
    signingName,
    ...rest,
    operation: (name) => operationOf(schemas[`${name}$`]),
    operations: all,
    error(code) {
      const schema = schemas[`${code}$`];
      return Array.isArray(schema) && schema[0] === -3 ? shapeOf(schema) : undefined;
    },
  };
}
