// A deployer who lacks one right: what is deployed, changed, paused, repaired and taken down, each without something that it takes. `walk.long.ts` asks about every right there is.
import { takenAway } from "./taken-away.ts";

takenAway([
  ["deploy", "iam:PassRole"],
  ["deploy", "cloudformation:CreateChangeSet"],
  ["deploy", "cloudformation:ExecuteChangeSet"],
  ["deploy", "s3:CreateBucket"],
  ["deploy", "s3:PutObject"],
  ["deploy", "lambda:CreateFunction"],
  ["deploy", "lambda:CreateEventSourceMapping"],
  ["deploy", "iam:CreateRole"],
  ["deploy", "iam:PutRolePolicy"],
  ["deploy", "dynamodb:CreateTable"],
  ["deploy", "sqs:CreateQueue"],
  ["deploy", "events:PutTargets"],
  ["deploy", "kms:CreateKey"],
  ["deploy", "cloudwatch:PutMetricAlarm"],
  ["upgrade", "lambda:UpdateFunctionCode"],
  ["upgrade", "sqs:CreateQueue"],
  ["pause", "lambda:UpdateEventSourceMapping"],
  ["uninstall", "cloudformation:DeleteStack"],
  ["uninstall", "s3:ListBucketVersions"],
  ["uninstall", "sqs:DeleteQueue"],
  ["uninstall", "iam:DeleteRole"],
]);
