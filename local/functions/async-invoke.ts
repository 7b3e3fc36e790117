// Asynchronous invocation: two more attempts after an error, then the failure destination and the dead-letter queue.
import type { InFlight } from "../in-flight.ts";
import { parseArn } from "../delivery.ts";
import type { Members } from "../members.ts";
import type { Clock, Role } from "../service.ts";
import type { Invocation, RunningFunction } from "./runtime.ts";

export interface AsyncConfig {
  /** 0 to 2; Lambda's default is 2. */
  readonly attemptsMax?: number;
  readonly ageMaxSeconds?: number;
  readonly onFailureArn?: string;
  readonly onSuccessArn?: string;
}

/** Calls an action with the rights of a role, as Lambda does on a function's behalf. */
export type CallAs = (role: Role, service: string, action: string, input: Members) => Promise<unknown>;

interface AsyncPorts {
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly callAs: CallAs;
  readonly asyncRetryMs: readonly number[];
  /** undefined once local AWS is closing, or the function is deleted. */
  readonly invoke: (event: unknown) => Promise<Invocation> | undefined;
  readonly log: (line: string) => void;
}

const AGE_MAX_SECONDS = 21_600;
const SOON_MS = 30_000;

export function invokeAsynchronously(ports: AsyncPorts, running: RunningFunction, event: unknown): void {
  const acceptedAt = ports.clock.now();
  const attempt = async (count: number): Promise<void> => {
    const invocation = await ports.invoke(event);
    if (invocation === undefined) return;
    const { attemptsMax = 2, ageMaxSeconds = AGE_MAX_SECONDS, onFailureArn, onSuccessArn } = running.asyncConfig;
    if (invocation.functionError === undefined) {
      if (onSuccessArn !== undefined)
        await send(ports, running, onSuccessArn, recordOf(ports, running, invocation, event, "Success", count));
      return;
    }
    const wait = ports.asyncRetryMs[count - 1] ?? ports.asyncRetryMs.at(-1) ?? 0;
    const tooOld = ports.clock.now() + wait - acceptedAt > ageMaxSeconds * 1000;
    if (count <= attemptsMax && !tooOld) {
      // What comes in a minute is not on its way, as a delayed message is not.
      const end = wait < SOON_MS ? ports.inFlight.begin() : () => undefined;
      ports.clock.after(wait, () => {
        void ports.inFlight.track(attempt(count + 1));
        end();
      });
      return;
    }
    const condition = tooOld ? "EventAgeExceeded" : "RetriesExhausted";
    if (onFailureArn !== undefined) await send(ports, running, onFailureArn, recordOf(ports, running, invocation, event, condition, count));
    if (running.definition.deadLetterArn !== undefined) await bury(ports, running, running.definition.deadLetterArn, invocation, event);
  };
  void ports.inFlight.track(attempt(1));
}

function recordOf(
  ports: AsyncPorts,
  running: RunningFunction,
  invocation: Invocation,
  event: unknown,
  condition: string,
  count: number,
): string {
  const failed = invocation.functionError !== undefined;
  return JSON.stringify({
    version: "1.0",
    timestamp: new Date(ports.clock.now()).toISOString(),
    requestContext: {
      requestId: invocation.requestId,
      functionArn: `${running.definition.arn}:$LATEST`,
      condition,
      approximateInvokeCount: count,
    },
    requestPayload: event,
    responseContext: { statusCode: 200, executedVersion: "$LATEST", ...(failed ? { functionError: "Unhandled" } : {}) },
    responsePayload: JSON.parse(invocation.payload) as unknown,
  });
}

async function bury(ports: AsyncPorts, running: RunningFunction, arn: string, invocation: Invocation, event: unknown): Promise<void> {
  const error = JSON.parse(invocation.payload) as Readonly<Record<string, unknown>>;
  const message = typeof error["errorMessage"] === "string" ? error["errorMessage"] : "";
  await send(ports, running, arn, JSON.stringify(event), {
    RequestID: { DataType: "String", StringValue: invocation.requestId },
    ErrorCode: { DataType: "Number", StringValue: "200" },
    ErrorMessage: { DataType: "String", StringValue: message.slice(0, 1024) || "-" },
  });
}

/** To a queue or a topic, with the function's own rights; a refusal is logged, the event is lost then as on AWS. */
export async function send(
  ports: { readonly callAs: CallAs; readonly log: (line: string) => void },
  running: RunningFunction,
  arn: string,
  body: string,
  attributes: Members = {},
): Promise<void> {
  const { role } = running.definition;
  const target = parseArn(arn);
  try {
    if (target?.service === "sqs") {
      const url = `https://sqs.${target.region}.amazonaws.com/${target.account}/${target.resource}`;
      await ports.callAs(role, "sqs", "SendMessage", { QueueUrl: url, MessageBody: body, MessageAttributes: attributes });
    } else if (target?.service === "sns") {
      await ports.callAs(role, "sns", "Publish", { TopicArn: arn, Message: body, MessageAttributes: attributes });
    } else if (target?.service === "lambda") {
      await ports.callAs(role, "lambda", "Invoke", { FunctionName: arn, InvocationType: "Event", Payload: body });
    } else throw new Error(`Local AWS does not deliver to ${arn}.`);
  } catch (error) {
    ports.log(`ERROR ${running.definition.name} could not send to ${arn}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
