// AWS::Scheduler::Schedule: a time, one target, and the role that calls it.
import { optionalText, record, text, type Members } from "../members.ts";
import { parseSchedule } from "../services/events-schedule.ts";
import { roleOf } from "./iam.ts";
import type { Makers } from "./workshop.ts";

export const SCHEDULER: Makers = {
  "AWS::Scheduler::Schedule"(declared, workshop) {
    const { properties } = declared;
    const name = optionalText(properties, "Name") ?? workshop.physicalName(declared.logicalId, 64);
    const arn = `arn:aws:scheduler:${workshop.stack.region}:${workshop.stack.account}:schedule/default/${name}`;
    const target = record(properties, "Target");
    const role = roleOf(declared, workshop, text(target, "RoleArn"), "scheduler.amazonaws.com");
    const schedule = parseSchedule(text(properties, "ScheduleExpression"), workshop.clock.now());
    let cancel: () => void = () => undefined;
    const wait = (from: number): void => {
      const next = schedule.next(from);
      if (next === undefined) return;
      cancel = workshop.clock.after(Math.max(1, next - workshop.clock.now()), () => {
        const { service, action, input } = targetCall(target);
        const call = workshop.callAs(role, service, action, input);
        workshop.inFlight.track(call).catch((error: unknown) => workshop.log(`scheduler: ${name}: ${String(error)}`));
        wait(Math.max(next, workshop.clock.now()));
      });
    };
    if (optionalText(properties, "State") !== "DISABLED") wait(workshop.clock.now());
    workshop.onClose(() => cancel());
    return { ref: name, attributes: { Arn: arn }, remove: () => cancel() };
  },
};

/** A queue gets the input as its message; a function is invoked asynchronously. */
function targetCall(target: Members): { readonly service: string; readonly action: string; readonly input: Members } {
  const arn = text(target, "Arn");
  const input = optionalText(target, "Input") ?? "{}";
  if (arn.startsWith("arn:aws:lambda:"))
    return { service: "lambda", action: "Invoke", input: { FunctionName: arn, InvocationType: "Event", Payload: input } };
  const [, , , region = "", account = "", queue = ""] = arn.split(":");
  if (!arn.startsWith("arn:aws:sqs:")) throw new Error(`local AWS schedules functions and queues only, not ${arn}.`);
  return {
    service: "sqs",
    action: "SendMessage",
    input: { QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${queue}`, MessageBody: input },
  };
}
