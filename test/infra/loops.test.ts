// Lambda ends a chain of messages that has woken one function some sixteen times: whichever function may wake itself again, by its own messages or round by others, is allowed to; and no other.
import { expect, test } from "vitest";
import { at, ofType, roleStatements, target } from "./packaged.ts";

const functions = ofType("AWS::Lambda::Function");
const mappings = ofType("AWS::Lambda::EventSourceMapping").flatMap((mapping) => {
  const [queue, woken] = [target(at(mapping, "EventSourceArn")), target(at(mapping, "FunctionName"))];
  return queue?.endsWith("Queue") === true && woken !== undefined ? [{ queue, woken }] : [];
});

/** Whom a function may wake by a message. */
function wakes(id: string): string[] {
  const own = functions.find((one) => one.id === id);
  const role = own && target(at(own, "Role"));
  const sends = roleStatements.filter(({ holder, actions }) => holder === role && actions.includes("sqs:SendMessage"));
  const queues = new Set(sends.flatMap(({ resources }) => resources.map((resource) => resource.replace(/\.Arn$/, ""))));
  return mappings.flatMap(({ queue, woken }) => (queues.has(queue) ? [woken] : []));
}

function reached(from: string): Set<string> {
  const all = new Set<string>();
  const next = [...wakes(from)];
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (all.has(id)) continue;
    all.add(id);
    next.push(...wakes(id));
  }
  return all;
}

test("RecursiveLoop is Allow where a chain of messages may come back, and nowhere else", () => {
  const comingBack = functions.flatMap(({ id }) => (reached(id).has(id) ? [id] : []));
  const allowed = functions.flatMap((one) => (at(one, "RecursiveLoop") === "Allow" ? [one.id] : []));
  expect(comingBack).toContain("DnsLambdaFunction");
  expect(allowed.toSorted()).toEqual(comingBack.toSorted());
});
