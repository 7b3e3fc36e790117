// What a bundle of evidence says of itself: how to verify it, with Drawbridge, with the program beside it, and by hand.

import { fingerprint } from "../lib/aws/public-keys.ts";
import { bundleFiles } from "./bundle.ts";

export interface KeyFile {
  readonly arn: string;
  readonly pem: string;
  readonly file: string;
}

export const stepsToVerify = (keys: readonly KeyFile[]): string => `# How to verify this evidence

## 1. Be sure of the key

Whoever handed you this folder could have signed all of it with a key of their own. The SHA-256 of the public key (of its DER form) must
be the one that was written down when Drawbridge was deployed, or that AWS gives:

${keys.map(({ arn, pem, file }) => keySteps(arn, file, fingerprint(pem))).join("\n")}
## 2. Verify it

With nothing but Python (3.8 or later), in this folder:

    python3 ${bundleFiles.program} --fingerprint SHA256

With Drawbridge, in its own folder after \`npm ci\`; nothing is asked of AWS. It also says which event was moved, swapped or cut off:

    npx drawbridge audit verify --export THIS-FOLDER --fingerprint SHA256

Both print the period, how many events the checkpoints hold and how many of them are here. Read the period: a bundle of a shorter time
than you asked for proves that shorter time.

One signature with OpenSSL, for checkpoint 1:

    python3 ${bundleFiles.program} --statement 1
    openssl dgst -sha256 -verify ${keys[0]?.file ?? "key-….pem"} -signature signature.der statement.json

## 3. What is verified, for whoever writes their own program

1. \`${bundleFiles.log}\` holds one event a line. Its \`hash\` is the SHA-256, in lower-case hex, of the canonical JSON of its members \`subject\`,
   \`seq\`, \`event\`, \`service\`, \`account\` and \`previous\`, as far as it has them. \`previous\` is the hash of the event before it in the same
   subject, and the empty text for the first. No other member bears on it (\`filedUnder\` says where an index has it).
2. Canonical JSON: UTF-8; members sorted by the UTF-16 units of their names; no spaces; texts as JSON.stringify of ECMAScript writes
   them, with nothing escaped that need not be; numbers as they stand. A member that is there twice is a forgery.
3. \`${bundleFiles.checkpoints}\` holds one checkpoint a line. \`signature\` (ECDSA on P-256 with SHA-256; DER, base64) is that of the canonical JSON
   of its \`statement\`, by the key whose ARN the statement names.
4. A statement's \`previous\` is the SHA-256 of the canonical JSON of the statement before it, the empty text for number 1; numbers have no
   gap; all are of one \`log\`. Two that follow each other are at most 100 minutes apart (there is one each hour at least, and clocks differ).
5. A statement's \`root\` is the Merkle root over its \`leaves\`: each leaf is the SHA-256 of \`leaf:\` and its canonical JSON, each node of
   \`node:<left>:<right>\`, in the shape of RFC 6962 (a last one without a neighbour goes up as it is; of nothing, that of the empty text).
6. A leaf lists, for one subject, the hashes of the events after \`after.seq\`, in order. **Each must be that of an event in the log here**:
   the folder holds all that its checkpoints hold, so some events lie before or after the period.
7. A checkpoint holds what is between its \`since\` and \`until\` and was in none before: it looks back forty minutes for what came late.
   So a period from F to T takes the checkpoints whose \`until\` is not before F and whose \`since\` is before T. The first of them is number
   1, or its \`since\` and forty minutes are before F: else some before it are missing.
8. An event that no checkpoint here holds is under an earlier one when it says a time up to the first one's \`since\` and forty minutes; it
   is newer when it says a time after the last one's \`until\` less forty minutes; else it was put in later.

## What this does not show

What is newer than the last checkpoint is held by its own chain alone, and could be altered by whoever computes that anew: mostly less
than a minute, and stated by both programs. An event that Drawbridge never wrote is in no log.
\`${bundleFiles.manifest}\` is not signed: what it says of period, counts and files is held against what is.
`;

const keySteps = (arn: string, file: string, print: string): string => `- ${arn}
  SHA-256 ${print}

      openssl pkey -pubin -in ${file} -outform DER | openssl dgst -sha256
      aws kms get-public-key --key-id ${arn} --query PublicKey --output text | base64 -d | openssl dgst -sha256
`;
