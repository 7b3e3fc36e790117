// What a set-aside message says of itself: what it is about, why it is there, and where it goes back to.
import { expect, test } from "vitest";
import { explain, type SetAside, type SetAsideQueue } from "../../lib/operator/set-aside.ts";

const endpoint = "vpce-0123456789abcdef0";
const event = { source: "drawbridge", "detail-type": "ConnectionApproved", detail: { subject: `connection#${endpoint}`, seq: 3 } };
const message = (body: unknown, attributes: SetAside["attributes"] = {}): SetAside => ({
  id: "m-1",
  body: typeof body === "string" ? body : JSON.stringify(body),
  attributes,
});

const undeliverable = { ERROR_CODE: "NO_PERMISSIONS", ERROR_MESSAGE: "events may not" };

test.each<{ queue: SetAsideQueue; given: SetAside; what: string; why: string; again: unknown }>([
  {
    queue: "AdmitDeadLetters",
    given: message(event),
    what: `ConnectionApproved ${endpoint}`,
    why: "admit failed it each time; search its log for m-1",
    again: { kind: "message", queue: "AdmitQueue" },
  },
  {
    queue: "DnsUndelivered",
    given: message(event, undeliverable),
    what: `ConnectionApproved ${endpoint}`,
    why: "EventBridge could not deliver it: NO_PERMISSIONS, events may not",
    again: { kind: "message", queue: "DnsQueue" },
  },
  {
    queue: "ConnectionsUndelivered",
    given: message({ Type: "Notification", Message: `{"vpcEndpointId":"${endpoint}"}` }),
    what: endpoint,
    why: "SNS could not deliver it",
    again: { kind: "message", queue: "ObserveQueue" },
  },
  {
    queue: "SlackUndelivered",
    given: message(event, undeliverable),
    what: `ConnectionApproved ${endpoint}`,
    why: "EventBridge could not deliver it: NO_PERMISSIONS, events may not",
    again: { kind: "event", type: "ConnectionApproved", detail: JSON.stringify(event.detail) },
  },
  {
    queue: "NotifyFailures",
    given: message({ requestPayload: event, responsePayload: { errorMessage: "SNS throttles" } }),
    what: `ConnectionApproved ${endpoint}`,
    why: "notify failed: SNS throttles",
    again: { kind: "event", type: "ConnectionApproved", detail: JSON.stringify(event.detail) },
  },
  {
    queue: "PublishFailures",
    given: message({ undelivered: { subject: `connection#${endpoint}`, seq: 3, reason: "too large" } }),
    what: endpoint,
    why: "the bus did not take it: too large",
    again: { kind: "stored", subject: `connection#${endpoint}`, seq: 3 },
  },
  {
    queue: "PublishFailures",
    given: message({
      requestContext: { condition: "RecordAgeExceeded", approximateInvokeCount: 2 },
      DDBStreamBatchInfo: {
        approximateArrivalOfFirstRecord: "2026-11-23T12:00:00Z",
        approximateArrivalOfLastRecord: "2026-11-23T12:01:00Z",
      },
    }),
    what: '{"requestContext":{"condition":"RecordAgeExceeded","approximateInvokeCount":2},"',
    why: "publish gave it up (RecordAgeExceeded, 2 tries); its log says why",
    again: { kind: "span", from: "2026-11-23T11:55:00.000Z", to: "2026-11-23T12:06:00.000Z" },
  },
  {
    queue: "SweepFailures",
    given: message({ responsePayload: { errorMessage: "timed out" } }),
    what: '{"responsePayload":{"errorMessage":"timed out"}}',
    why: "sweep failed: timed out",
    again: { kind: "nothing" },
  },
  {
    queue: "NotifyFailures",
    given: message({
      requestPayload: { source: "aws.events", "detail-type": "Scheduled Event", resources: [], detail: {} },
      responsePayload: { errorMessage: "SNS throttles" },
    }),
    what: expect.stringContaining("Scheduled Event"),
    why: "notify failed: SNS throttles",
    again: { kind: "nothing" },
  },
  {
    queue: "NotifyFailures",
    given: message("spoiled"),
    what: "spoiled",
    why: "notify failed it each time; search its log for m-1",
    again: undefined,
  },
])("$queue: $what", ({ queue, given, what, why, again }) => {
  expect(explain(queue, given)).toEqual({ what, why, ...(again === undefined ? {} : { again }) });
});

test("what the function's log says of a message is why it is there", () => {
  expect(explain("AdmitDeadLetters", message(event), "AccessDenied, not allowed").why).toBe(
    "admit failed it each time: AccessDenied, not allowed",
  );
});

test("an event of somebody else's is not told on our bus", () => {
  expect(explain("SlackUndelivered", message({ ...event, source: "elsewhere" })).again).toBeUndefined();
});
