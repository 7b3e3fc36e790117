// The few actions of IAM that can be called over the wire: its client is no dependency of ours. Other roles are made by stacks.
import { formsOf, STRING } from "./schema-forms.ts";

const { structure, schemas } = formsOf("com.amazonaws.iam");

const role = structure("Role", { Path: STRING, RoleName: STRING, Arn: STRING });

export const iamSchemas = schemas({
  CreatePolicy: [{ PolicyName: STRING, PolicyDocument: STRING }, { Policy: structure("Policy", { Arn: STRING }) }],
  DeletePolicy: [{ PolicyArn: STRING }, {}],
  CreateRole: [{ RoleName: STRING, AssumeRolePolicyDocument: STRING }, { Role: role }],
  PutRolePolicy: [{ RoleName: STRING, PolicyName: STRING, PolicyDocument: STRING }, {}],
  DeleteRolePolicy: [{ RoleName: STRING, PolicyName: STRING }, {}],
  AttachRolePolicy: [{ RoleName: STRING, PolicyArn: STRING }, {}],
  DetachRolePolicy: [{ RoleName: STRING, PolicyArn: STRING }, {}],
});
