// What an error of the AWS SDK means to us: whether a retry can help, and which permission is missing.

import { Fault } from "../faults.ts";

/** Calls AWS. Whatever it throws comes out as a Fault that names the action, which is also the permission it needs, and what it was called `on`. */
export async function calling<T>(action: string, send: () => Promise<T>, on?: string): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw asFault(action, error, on);
  }
}

export function asFault(action: string, error: unknown, on?: string): Fault {
  if (error instanceof Fault) return error;
  const code = codeOf(error);
  const said = error instanceof Error ? error.message : String(error);
  const message = on === undefined ? said : `${said} (${on})`;
  if (denials.test(code)) return new Fault(code, action, `${message}; the function's role needs ${action}`, false, error);
  return new Fault(code, action, message, isPassing(code, error), error);
}

/** AWS's code for the error: what EC2, DynamoDB and the others each document. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "Unknown";
  const { Code, code } = error as { Code?: unknown; code?: unknown };
  if (error.name !== "Error" && error.name !== "") return error.name;
  return [Code, code].find((given) => typeof given === "string") ?? "Unknown";
}

const denials =
  /^(AccessDenied(Exception)?|UnauthorizedOperation|AuthorizationError(Exception)?|AuthFailure|NotAuthorized(Exception)?|OptInRequired|UnrecognizedClientException|InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken(Exception)?|MissingAuthenticationToken(Exception)?|CredentialsProviderError)$/;

const throttles =
  /Throttl|^(RequestLimitExceeded|ProvisionedThroughputExceededException|TooManyRequestsException|PriorRequestNotComplete|RequestThrottled(Exception)?|BandwidthLimitExceeded|SlowDown|LimitExceededException|OverLimit|KmsThrottled)$/;

const hiccups =
  /^(TimeoutError|RequestTimeout(Exception)?|AbortError|Internal(Error|Failure|ServerError|ServiceError|ServiceErrorException|Exception)|ServiceUnavailable(Exception)?|Unavailable|TransactionInProgressException|ReplicatedWriteConflictException|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;

function isPassing(code: string, error: unknown): boolean {
  if (throttles.test(code) || hiccups.test(code)) return true;
  const {
    $metadata,
    $retryable,
    code: systemCode,
  } = error as { $metadata?: { httpStatusCode?: number }; $retryable?: unknown; code?: unknown };
  const status = $metadata?.httpStatusCode;
  return (
    $retryable !== undefined ||
    (status !== undefined && (status >= 500 || status === 429)) ||
    (typeof systemCode === "string" && hiccups.test(systemCode))
  );
}
