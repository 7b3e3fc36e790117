// IPv4 ranges: what lies in one, which addresses it offers, and how it is cut.

export function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

interface Range {
  readonly first: number;
  readonly size: number;
}

export function rangeOf(cidr: string): Range {
  const [address = "", length = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(length));
  const given = numberOf(address);
  return { first: given - (given % size), size };
}

export function isInRange(address: string, cidr: string): boolean {
  const { first, size } = rangeOf(cidr);
  const number = numberOf(address);
  return number >= first && number < first + size;
}

/** AWS keeps the first four addresses of a subnet and its last. */
export function freeAddress(cidr: string, taken: ReadonlySet<string>): string | undefined {
  const { first, size } = rangeOf(cidr);
  for (let at = 4; at < size - 1; at += 1) {
    const address = addressOf(first + at);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** So many ranges with so many host bits each, from the beginning of the block. */
export function subRanges(cidr: string, count: number, hostBits: number): readonly string[] {
  const { first, size } = rangeOf(cidr);
  const step = 2 ** hostBits;
  if (!(count > 0) || count * step > size)
    throw new Error(`Template error: Fn::Cidr cannot cut ${count} ranges of ${hostBits} bits from ${cidr}.`);
  return Array.from({ length: count }, (_, at) => `${addressOf(first + at * step)}/${32 - hostBits}`);
}
