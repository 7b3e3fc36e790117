// Handing a matched event to one target: the attempts, the back-off, and the dead-letter queue.
import { noResource, type Delivery, type Refusal } from "../delivery.ts";
import type { InFlight } from "../in-flight.ts";
import type { Members } from "../members.ts";
import type { Clock, ServicePrincipal } from "../service.ts";
import { targetInput } from "./events-input.ts";
import type { Rule, Target } from "./events-rules.ts";
import type { DeliverToFunction, DeliverToQueue } from "./sns-delivery.ts";
import type { MessageAttributes } from "./sqs-checksums.ts";

export interface TargetPorts {
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly toQueue: DeliverToQueue;
  readonly toFunction: DeliverToFunction;
  readonly toTopic: (principal: ServicePrincipal, topicArn: string, message: string) => Promise<Delivery>;
  /** One of Firehose's. */
  readonly toStream?: (principal: ServicePrincipal, roleArn: string, streamArn: string, record: string) => Promise<Delivery>;
  readonly toBus: (busArn: string, event: Members) => Promise<Delivery>;
  /** A fault that was asked for: the next deliveries fail as if the target were throttled. */
  readonly fault: () => boolean;
  /** The wait before the first new attempt; it doubles, with jitter, up to a minute. */
  readonly retryMs: number;
  readonly log: (line: string) => void;
}

const RETRY_MS_MAX = 60_000;

export function deliverToTarget(ports: TargetPorts, rule: Rule, target: Target, event: Members): void {
  const principal: ServicePrincipal = { service: "events.amazonaws.com", sourceArn: rule.arn, sourceAccount: rule.bus.account };
  const input = targetInput(target.given, event, rule.arn);
  const startedAt = ports.clock.now();
  const attempt = async (retries: number): Promise<void> => {
    const refusal = ports.fault() ? throttled(target) : await handOver(ports, principal, target, input, event);
    if (refusal === undefined) return;
    if (!refusal.retry) return bury(ports, rule, target, input, refusal, retries);
    if (retries >= target.attemptsMax) return bury(ports, rule, target, input, refusal, retries, "MaximumRetryAttempts");
    const wait = Math.min(RETRY_MS_MAX, ports.retryMs * 2 ** retries) * (0.5 + Math.random() / 2);
    if (ports.clock.now() + wait - startedAt > target.ageMaxSeconds * 1000)
      return bury(ports, rule, target, input, refusal, retries, "MaximumEventAgeInSeconds");
    const end = ports.inFlight.begin();
    ports.clock.after(wait, () => {
      void ports.inFlight.track(attempt(retries + 1));
      end();
    });
  };
  void ports.inFlight.track(attempt(0));
}

async function handOver(
  ports: TargetPorts,
  principal: ServicePrincipal,
  target: Target,
  input: unknown,
  event: Members,
): Promise<Delivery> {
  const text = typeof input === "string" ? input : JSON.stringify(input);
  if (target.arn.startsWith("arn:aws:sqs:")) return ports.toQueue(principal, target.arn, text);
  if (target.arn.startsWith("arn:aws:lambda:")) return ports.toFunction(principal, target.arn, input);
  if (target.arn.startsWith("arn:aws:firehose:"))
    return ports.toStream === undefined ? noResource(target.arn) : ports.toStream(principal, target.roleArn ?? "", target.arn, text);
  if (target.arn.startsWith("arn:aws:sns:")) return ports.toTopic(principal, target.arn, text);
  return ports.toBus(target.arn, event);
}

async function bury(
  ports: TargetPorts,
  rule: Rule,
  target: Target,
  input: unknown,
  refusal: Refusal,
  retries: number,
  exhausted?: string,
): Promise<void> {
  ports.log(`events: rule ${rule.name} could not deliver to ${target.arn}: ${refusal.code} ${refusal.message}`);
  if (target.deadLetterArn === undefined) return;
  const attributes: Record<string, string> = {
    ERROR_CODE: refusal.code,
    ERROR_MESSAGE: refusal.message,
    RULE_ARN: rule.arn,
    TARGET_ARN: target.arn,
  };
  if (exhausted !== undefined) attributes["EXHAUSTED_RETRY_CONDITION"] = exhausted;
  const numbered: MessageAttributes = retries > 0 ? { RETRY_ATTEMPTS: { DataType: "Number", StringValue: String(retries) } } : {};
  const named: MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
  );
  const principal: ServicePrincipal = { service: "events.amazonaws.com", sourceArn: rule.arn, sourceAccount: rule.bus.account };
  const body = typeof input === "string" ? input : JSON.stringify(input);
  const buried = await ports.toQueue(principal, target.deadLetterArn, body, { ...named, ...numbered });
  if (buried !== undefined) ports.log(`events: the event is lost, its dead-letter queue did not take it: ${buried.message}`);
}

function throttled(target: Target): Refusal {
  return { code: "THROTTLING", message: `The target ${target.arn} is throttled.`, retry: true };
}
