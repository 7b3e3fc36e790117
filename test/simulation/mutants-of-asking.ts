// Faults planted in what bears on whose answer counts: who wrote an entry, answers that run out, and settings that change or differ.

import { one, type Mutant } from "./mutant.ts";

const planted: readonly Mutant[] = [
  one(
    "asking/once.ts",
    "what a run that died was about to write counts as written",
    "proofs.claim(kind, id, leaseSeconds)",
    "proofs.claim(kind, id, keptSeconds[kind])",
  ),
  one("entry-authors.ts", "who changes an entry becomes its only author", "withOne(before?.authors ?? [], arn);", "withOne([], arn);"),
  one(
    "asking/standing-entry.ts",
    "an answer makes whoever gave it the author",
    '...optional("authors", before === undefined ? [] : before.authors),',
    "authors: [authorOf(approver)],",
  ),
  one(
    "allow-list.ts",
    "an answer that has run out goes on standing there",
    "now >= expires ? underneath(entry) : entry;",
    "now >= expires && entry.version === 0 ? underneath(entry) : entry;",
  ),
  one(
    "asking/standing-entry.ts",
    "what an answer took the place of is forgotten",
    'afterwards: stands === undefined ? "nothing" : restored(stands)',
    'afterwards: stands === undefined || stands.version > 0 ? "nothing" : restored(stands)',
  ),
  one(
    "loop/verdicts.ts",
    "an answer's end is the end of whom the entry let in before",
    '"removed" in there ? there : underneath(there);',
    '"removed" in there ? there : there;',
  ),
  one(
    "permissions.ts",
    "whom an answer kept quiet is never let ask again",
    "entries.flatMap((entry) => standingAt(entry, now) ?? []).filter(",
    "entries.filter(",
  ),
  one(
    "decide-asking.ts",
    "agreements that are enough by now wait for one more",
    "if (votes.length > 0 && votes.length >= asking.quorum) return",
    "if (votes.length > 0 && votes.length > asking.quorum) return",
  ),
  one(
    "decide-asking.ts",
    "who agreed once needs nobody else",
    "if (votes.length > 0 && votes.length >= asking.quorum) return",
    "if (votes.length > 0) return",
  ),
  one(
    "loop/run.ts",
    "an entry's word on silence is overlooked",
    "const asking = askingOf(service, rulings.get(connection.endpoint)?.judgement);",
    "const asking = askingOf(service, rulings.size < 0 ? rulings.get(connection.endpoint)?.judgement : undefined);",
  ),
  one("asking-policy.ts", "an entry's settings count for nothing", "  ...service,\n  ...entry,\n", "  ...entry,\n  ...service,\n"),
];

export const mutantsOfAsking: readonly Mutant[] = planted.map((mutant) => ({
  ...mutant,
  lives: { besides: { asking: true, ...(mutant.file === "lib/permissions.ts" ? { permissions: true } : {}) } },
}));
