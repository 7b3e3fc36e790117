// The word that somebody probably meant: of those there are, the one that differs least from what they typed.

/** The name that differs least, if it differs little. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const started = names.find((name) => given.length >= 2 && name.startsWith(given));
  if (started !== undefined) return started;
  const [best] = names.map((name) => ({ name, away: distance(given, name) })).sort((a, b) => a.away - b.away);
  return best !== undefined && best.away <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
