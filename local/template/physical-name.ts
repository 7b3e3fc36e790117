// How CloudFormation names a resource that has no name: `stack-LogicalId-1A2B3C4D5E6F`.
import { randomInt } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const RANDOM_LENGTH = 12;

export function physicalNames(stackName: string): (logicalId: string, lengthMax?: number) => string {
  return (logicalId, lengthMax = 128) => {
    const random = Array.from({ length: RANDOM_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)] ?? "").join("");
    // CloudFormation cuts both names to fit: half of the room for each at least.
    const room = lengthMax - RANDOM_LENGTH - 2;
    const logical = logicalId.slice(0, Math.max(Math.floor(room / 2), room - stackName.length));
    return `${stackName.slice(0, room - logical.length)}-${logical}-${random}`;
  };
}
