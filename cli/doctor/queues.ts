// The deployment's queues: whether each is there, and what waits in those of last resort.

import type { Finding } from "../../lib/operator/doctor.ts";
import { heldWords, isSetAsideQueue } from "../../lib/operator/set-aside.ts";
import { found, ifThere, repair } from "./attempt.ts";

/** The deployment itself tells where they are. */
export async function queues(region: string, urls: Readonly<Record<string, string>>): Promise<Finding[]> {
  return found("queues", "sqs:GetQueueAttributes", async () => {
    const [{ SQSClient }, { setAsideMessages }] = await Promise.all([
      import("@aws-sdk/client-sqs"),
      import("../../lib/aws/set-aside-queue.ts"),
    ]);
    const messages = setAsideMessages(new SQSClient({ region }));
    const looked = await Promise.all(
      Object.entries(urls).map(async ([name, url]) => {
        const counted = await ifThere(messages.count(url));
        return { name, isGone: counted === undefined, held: counted?.held ?? 0, count: (counted?.waiting ?? 0) + (counted?.held ?? 0) };
      }),
    );
    const gone = looked.filter(({ isGone }) => isGone);
    const setAside = looked.filter(({ name, count }) => count > 0 && isSetAsideQueue(name));
    return [
      ...gone.map(({ name }): Finding => ({
        about: name,
        state: "failed",
        message: "the queue is gone, and what was in it: what is sent there is lost",
        mend: repair,
      })),
      ...setAside.map(({ name, count, held }): Finding => ({
        about: name,
        state: "failed",
        message: `${String(count)} ${count === 1 ? "message was" : "messages were"} set aside${held === 0 ? "" : `; ${String(held)} ${held === 1 ? "is" : "are"} ${heldWords}`}`,
        mend: `npx drawbridge redrive ${name}`,
      })),
      ...(gone.length > 0 ? [] : [{ about: "queues", state: "ok" as const, message: `all ${String(looked.length)} are there` }]),
      ...(setAside.length > 0 ? [] : [{ about: "set aside", state: "ok" as const, message: "nothing waits in the queues of last resort" }]),
    ];
  });
}
