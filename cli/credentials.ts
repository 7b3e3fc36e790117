// What keeps a command from AWS altogether: credentials that are not there, have expired or are refused, and an API that does not answer.

import { Failure } from "./failure.ts";

export const noCredentials = (said: string): Failure =>
  new Failure(
    1,
    "NoCredentials",
    `No AWS credentials were found (${said})`,
    "set AWS_PROFILE, sign in with aws sso login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  );

interface Refused {
  readonly key?: string;
  readonly said?: string;
}
const inBrackets = (key: string | undefined): string => (key === undefined ? "" : ` (${key})`);
const behindColon = (said: string | undefined): string => (said === undefined ? "" : `: ${said}`);

export const expiredCredentials = ({ key, said }: Refused): Failure =>
  new Failure(
    1,
    "CredentialsExpired",
    `The AWS credentials${inBrackets(key)} have expired${behindColon(said)}`,
    "sign in again, for example with: aws sso login",
  );

export const refusedCredentials = ({ key, said }: Refused): Failure =>
  new Failure(
    1,
    "CredentialsRefused",
    `AWS does not take the credentials${inBrackets(key)}${behindColon(said)}`,
    "check AWS_PROFILE, the secret key, the Region and this machine's clock",
  );

/** The failure behind a call's error, when it says nothing about what was asked; `at` is where the API was looked for. */
export function keptFromAws(error: unknown, at: { readonly service: string; readonly region: string }): Failure | undefined {
  const { name, message, code } = error as { name?: string; message?: string; code?: unknown };
  const said = message === undefined || message === "" ? String(error) : message;
  if (name === "CredentialsProviderError") return /expired/i.test(said) ? expiredCredentials({ said }) : noCredentials(said);
  if (/^(ExpiredToken(Exception)?|RequestExpired)$/.test(name ?? "")) return expiredCredentials({ said });
  if (/^(AuthFailure|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|MissingAuthenticationToken)$/.test(name ?? ""))
    return refusedCredentials({ said });
  const why = typeof code === "string" ? code : (name ?? "");
  if (!/^(ECONN(REFUSED|RESET|ABORTED)|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|E?TIMEDOUT|TimeoutError)$/.test(why)) return undefined;
  const local = process.env["AWS_ENDPOINT_URL"];
  return new Failure(
    1,
    "NoAnswer",
    `AWS does not answer at ${local ?? `https://${at.service}.${at.region}.amazonaws.com`} (${why})`,
    local === undefined ? "check the network and AWS_REGION" : "is local AWS up (npm start)? Otherwise unset AWS_ENDPOINT_URL",
  );
}
