// Who calls a route that asks for IAM, and whether they may; API Gateway answers all else with Forbidden.
import type { IncomingMessage } from "node:http";

import { authorize } from "./authorize.ts";
import { executeArn, type ApiPlace } from "./http-api-place.ts";
import type { Route } from "./http-api-routes.ts";
import type { Identities } from "./identities.ts";
import { AwsError, type Caller } from "./service.ts";

export interface ApiCallerQuestion {
  readonly request: IncomingMessage;
  readonly place: ApiPlace;
  readonly stage: string;
  readonly method: string;
  readonly path: string;
  readonly route: Route;
  readonly identities: Identities;
}

const CREDENTIAL = /^AWS4-HMAC-SHA256 .*Credential=([^/,]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request/;

/** undefined where the route asks for nobody. */
export async function apiCaller(question: ApiCallerQuestion): Promise<Caller | "forbidden" | undefined> {
  if (question.route.authorization === "NONE") return undefined;
  const [, accessKeyId, , region, service] = CREDENTIAL.exec(question.request.headers.authorization ?? "") ?? [];
  if (accessKeyId === undefined || service !== "execute-api" || region !== question.place.region) return "forbidden";
  try {
    const caller = question.identities.caller(accessKeyId);
    // An HTTP API has no resource policy: nobody from another account comes in.
    if (caller.account !== question.place.account) return "forbidden";
    const resource = executeArn(question.place, question.stage, question.method, question.path);
    await authorize(caller, [{ action: "execute-api:Invoke", resource }]);
    return caller;
  } catch (error) {
    if (error instanceof AwsError) return "forbidden";
    throw error;
  }
}
