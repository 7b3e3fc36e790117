// Amazon SQS: standard queues, who may use them, and what other services deliver into them.
import { serviceMay } from "../authorize.ts";
import { noPermissions, noResource, parseArn, type Delivery } from "../delivery.ts";
import { optionalText } from "../members.ts";
import { policyDocument } from "../policy-document.ts";
import type { Call, Clock, Demand, Service, ServicePrincipal } from "../service.ts";
import type { MessageAttributes } from "./sqs-checksums.ts";
import { messageActions } from "./sqs-message-actions.ts";
import { queueActions } from "./sqs-queue-actions.ts";
import type { Queue } from "./sqs-queue.ts";
import { arnOfUrl, createQueueStore, type QueueStore } from "./sqs-store.ts";

export interface SqsService extends Service {
  readonly queue: (arn: string) => Queue | undefined;
  /** Another AWS service sends: the queue's policy decides. */
  readonly deliver: (principal: ServicePrincipal, queueArn: string, body: string, attributes?: MessageAttributes) => Promise<Delivery>;
  /** Where queue URLs point; known once the front listens. */
  readonly useUrl: (base: string) => void;
  readonly close: () => void;
}

export function createSqs(options: { readonly region: string; readonly clock: Clock }): SqsService {
  const store = createQueueStore(options.region, options.clock);
  const actions = { ...queueActions(store), ...messageActions(store) };
  return {
    signingName: "sqs",
    actions: new Set(Object.keys(actions)),
    demands: (call) => demandsOf(call, store, options.region),
    handle: (call) => actions[call.action]?.(call),
    queue: (arn) => store.queues.get(arn),
    useUrl: store.useUrl,
    close: () => store.queues.forEach((queue) => queue.close()),
    async deliver(principal, queueArn, body, attributes) {
      const queue = store.queues.get(queueArn);
      if (queue === undefined) return noResource(queueArn);
      if (!(await serviceMay(principal, "sqs:SendMessage", queueArn, policyDocument(queue.settings["Policy"])))) {
        return noPermissions(principal.service, "sqs:SendMessage", queueArn);
      }
      queue.send({ body, senderId: principal.service, ...(attributes === undefined ? {} : { attributes }) });
      return undefined;
    },
  };
}

/** A batch asks for the same right as one message. */
function demandsOf(call: Call, store: QueueStore, region: string): readonly Demand[] {
  const action = `sqs:${call.action.replace(/Batch$/, "")}`;
  if (call.action === "ListQueues") return [{ action, resource: "*" }];
  const url = optionalText(call.input, "QueueUrl");
  const owner = optionalText(call.input, "QueueOwnerAWSAccountId") ?? call.caller.account;
  const named = store.arnOf(owner, optionalText(call.input, "QueueName") ?? "");
  const arn = url === undefined ? (optionalText(call.input, "SourceArn") ?? named) : arnOfUrl(url, call.caller.account, region);
  const policy = policyDocument(store.queues.get(arn)?.settings["Policy"]);
  const resourceAccount = parseArn(arn)?.account ?? call.caller.account;
  return [{ action, resource: arn, resourceAccount, ...(policy === undefined ? {} : { resourcePolicy: policy }) }];
}
