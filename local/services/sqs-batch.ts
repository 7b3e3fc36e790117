// The batches of SQS: what is refused as a whole, and how each entry settles on its own.
import { list, rows, text, type Members } from "../members.ts";
import { AwsError } from "../service.ts";

const ENTRIES_MAX = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

export function batch(input: Members): readonly Members[] {
  const entries = rows(input, "Entries");
  const ids = entries.map((entry) => text(entry, "Id"));
  if (list(input, "Entries").length === 0) {
    throw refusedBatch("EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request.");
  }
  if (entries.length > ENTRIES_MAX) {
    throw refusedBatch(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${ENTRIES_MAX}. You have sent ${entries.length}.`,
    );
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw refusedBatch("BatchEntryIdsNotDistinct", `Id ${repeated} repeated.`);
  if (ids.some((id) => !ENTRY_ID.test(id))) {
    const rule = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    throw refusedBatch("InvalidBatchEntryId", rule);
  }
  return entries;
}

export function settle(entries: readonly Members[], work: (entry: Members) => Members | void): Members {
  const Successful: Members[] = [];
  const Failed: Members[] = [];
  for (const entry of entries) {
    const Id = text(entry, "Id");
    try {
      Successful.push({ Id, ...work(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

export function refusedBatch(code: string, message: string): AwsError {
  return new AwsError(code, message, 400, { queryErrorCode: `AWS.SimpleQueueService.${code}` });
}
