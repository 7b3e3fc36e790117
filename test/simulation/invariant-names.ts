// What must always hold, by name: checked in invariants.ts while a life is lived, and in healed.ts at its end.

/** Every invariant with what it says; docs/reliability.md prints this table. */
export const invariants = {
  "nobody is accepted without a grant":
    "an Accept call names only endpoints whose record, as the same run last read or wrote it, is approved by an entry, an approver or an operator",
  "nobody is rejected without a denial":
    "a Reject call names only endpoints whose record, as the same run last read or wrote it, is denied",
  "an approval is judged again before the accept":
    "the run that calls Accept has read the allow-list itself, and no reject entry that applies was in what it read",
  "an observed service is only watched": "while a service is in the mode observe, nothing is accepted, rejected or named",
  "a grant rests on an entry, an answer or a command":
    "ConnectionApproved is committed only when the list as read says accept, or when a person who may gave that very answer, and never over a reject entry that applies",
  "a denial rests on an entry, an answer or a command":
    "ConnectionDenied is committed only when a reject entry applies, an answer or command said so, what held the connection has ended and is to cut it, silence rejects, or the service enforces against an accept outside",
  "a verdict tells what it rests on":
    "each verdict of the list carries every entry that matched as it was read, which of them decided, and of a reject entry its reason; what people decide carries none",
  "a cut says whether it was told of":
    "ConnectionDenied names when a cut was announced for exactly where the same entry's cut was announced for that moment or before; approvers are told of every other cut as it happens",
  "people are asked only when the list says ask":
    "ApprovalRequested is committed only when the list as read says ask, for a connection that waits, under a question id never used before",
  "a request does not wait for the sweep":
    "in a life without faults, a request that observe or admit records is decided or asked about within twenty seconds",
  "a freeze lets nobody in by an entry": "while a service is frozen, as the run read it, no entry approves anybody there; people are asked",
  "what Organizations does not say lets nobody in":
    "where it is not known where an account belongs, no entry approves it past an entry for a unit or organization that speaks first or may reject",
  "only what Drawbridge let ask is taken back":
    "an account's permission to ask is removed only where Drawbridge itself wrote it down before it added it, while AWS showed that it was not there, and where the list as read wants it no longer",
  "who the list speaks of may ask":
    "an account is let ask only where the list as read accepts it or asks about it, and after it was written down; after healing a service that follows lets ask whom the list wants, and beside them only whom others let ask",
  "a service that does not follow keeps its permissions":
    "permissions change only of services that are enforced and follow, and only where the list can name the accounts",
  "permissions change only as the log says":
    "an account is let ask, or no longer, only when PermissionsFollowed says so in the log already",
  "a limit is never exceeded":
    "an entry with a limit approves only by taking one of its places, the places taken are those that connections hold, and no approval makes them more than the limit",
  "as many agree as must":
    "where a quorum is set, a question is approved only with so many different approvers who are asked, did agree, and wrote no version of what the list says of the account; or by one operator who breaks the glass; and after healing no question is open that enough have agreed to",
  "an answer writes an entry only with its decision":
    "where approvers speak about an account, its entry is written in the commit of the decision, if all who decided spoke so, and over nothing but an ask entry",
  "who wrote an entry is remembered":
    "an entry names as its authors every operator who, by the log, wrote a version of it since it was last removed, and nobody who only answered",
  "what an answer took the place of comes back":
    "an answer that ends by itself keeps the ask entry it replaced, whole, or that there was none; the list as people know it again is what every verdict is held against",
  "people are reminded in time, and not without end":
    "each reminder and the one escalation of a question comes when it is due, once, and after healing none is lacking",
  "what will be cut is foretold":
    "the end of a connection's ground is announced with the moment that it means, withdrawn only when it does not come, and after healing none is lacking",
  "exactly one decision per question":
    "no question is decided twice, none is decided that was not asked of that connection, and an answer decides only the question that is open",
  "what changes nothing changes nothing":
    "AnswerRefused, ApprovalGiven, Attributed and EffectFailed leave status, decision and names as they were",
  "an accept outside means what its service says": "AcceptedOutside is kept where the service keeps such accepts, and only there",
  "no answer is swallowed": "an answer that was taken in leaves its mark in the log: a decision, or that and why it was refused",
  "every refusal of AWS is told":
    "what AWS lists as unsuccessful, and what has not come about otherwise, is logged with its count, and rests 1, 2, 4 … minutes before the next try",
  "the adopted are not cut for want of an entry":
    "a connection that was there before Drawbridge is denied only by a reject entry or an operator",
  "the history replays to the record": "each record is what evolve makes of its events, and its version is the sequence of the last",
  "what the log says of AWS was so":
    "available, rejected, deleted, failed, expired and recovered are logged only of a connection that AWS has had in that state, outside only of what was done outside, with the account that AWS gives",
  "who did it is told truly":
    "Attributed, and ServiceAttributed for a change of a service itself, is logged once for each CloudTrail event, with its caller, and never for our own roles",
  "one name for one connection":
    "a connection is given a name only when it is connected and has none; it is the label of its decision, with a suffix only when the plain one is another's; and no two hold the same",
  "no foreign record is touched": "no change in Route 53 deletes a record, or takes back an authorization, that is somebody else's",
  "a VPC comes into a zone only by its entry":
    "a VPC's association with a private zone is authorized only by a run that knows a connected connection to which the log grants it",
  "who may be associated is as the entries say":
    "no VPC is taken out of a zone while the log and the index say that a connected connection needs it; after healing, exactly those VPCs may be associated with a private zone that the entries of its connected connections name, and others' own",
  "no run fails by a fault of its own":
    "what a run throws, or gives back for a message, is a fault of what it depends on that may be retried, never a bug",
  "nothing is retried without bound":
    "calls in one run, looks one after the other, tries at AWS within an hour, events of one connection and steps of one life all stay below a bound",
  "a sweep leaves nothing undecided":
    "after a sweep that went well, each connection that it saw and that nobody changed meanwhile is decided or asked about as the list says, and none lives on when the moment of its end has come",
  "a sweep lists each service once":
    "a sweep without conflicts asks for ceil(connections / 1000) pages for each service, plus one listing where an index lagged",
  "the plan is empty in the end":
    "after healing and three sweeps, plan gives nothing for any connection, unless a foreign record stands where its name should be",
  "every connection is in the log": "every connection that AWS lists in the end, and every one that a whole sweep saw, has a record",
  "AWS agrees with the record": "after healing, each record's state is one that AWS's state and the list allow",
  "within a chain time does not run back":
    "no event says an earlier time than the one before it in its chain, however the clocks of those who write them differ",
  "every chain verifies": "after healing, each subject's chain is unbroken from its first event, and the record stands at its end",
  "no checkpoint contradicts another, or the log":
    "each checkpoint continues the one before, signed, and lists events that are in the log at that place, each in one checkpoint only",
  "everything is sealed":
    "after healing and one more checkpoint, every event of the log is in a checkpoint, and the log verifies against them",
  "whoever alters the log is found":
    "an event of that log that is edited, deleted, inserted, swapped or cut off, with or without all hashes computed anew, is found and named; so is a checkpoint that is gone or altered",
  "names are as the rules say":
    "after healing, a connected connection of a service with a zone has exactly its records, and nobody else has any record of ours",
  "everything committed is told":
    "after healing, every event of the log has been on the bus, and people have been told of every open question",
  "the dead-letter queues hold what cannot be read, and only that":
    "after a redrive, the poison is there, and beside it only calls about endpoints that came and went unseen",
  "a settled world stays settled": "two more sweeps commit nothing and send nothing",
} as const;
export type InvariantName = keyof typeof invariants;
