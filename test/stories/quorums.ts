// Who may be asked together, and every set of them that is too few: for each number of people, of agreements needed, and author of the entry.

/** How somebody agrees: on the page with an IAM identity on record or without one, or by the command with that identity. */
export type Way = "page" | "nameless" | "command";
/** Whose the entry that bears on the question is: nobody's at all, the account's, or its organizational unit's. */
export type About = "nothing" | "account" | "unit";

export interface Case {
  /** How many must agree. */
  readonly quorum: number;
  /** One for each who is asked. */
  readonly ways: readonly Way[];
  /** Which of them wrote the entry, where there is one. */
  readonly author?: number;
  readonly about: About;
  /** In which order they answer. */
  readonly order: readonly number[];
}

const ways: readonly Way[] = ["page", "nameless", "command"];

/**
 * For so many people: every quorum and every author. The orders are such that each set of fewer than `quorum` of the people, the author
 * among them, is at some moment just those who have answered.
 */
export function* casesOf(people: number): Generator<Case> {
  let number = 0;
  const everybody = Array.from({ length: people }, (_, index) => index);
  for (let quorum = people; quorum >= 1; quorum -= 1)
    for (const author of [undefined, ...everybody])
      for (const order of ordersCovering(everybody, quorum)) {
        number += 1;
        // Where nobody wrote anything the service itself says who is asked, the same people for all of one quorum.
        const first = author === undefined ? quorum : number;
        const given = everybody.map((index) => ways[(first + index) % ways.length] ?? "page");
        if (author === undefined) yield { quorum, order, ways: given, about: "nothing" };
        else yield { quorum, order, ways: given, author, about: number % 2 === 0 ? "account" : "unit" };
      }
}

/** Few orders whose beginnings are, among them, every set of fewer than so many. */
function ordersCovering(people: readonly number[], quorum: number): number[][] {
  const missing = new Set(
    setsOf(people)
      .filter((set) => set.length > 0 && set.length < quorum)
      .map(String),
  );
  const beginnings = (order: readonly number[]): string[] =>
    order.slice(0, quorum - 1).map((_, index) => String(order.slice(0, index + 1).toSorted((a, b) => a - b)));
  const chosen: number[][] = [];
  const all = ordersOf(people);
  do {
    const gain = (order: readonly number[]): number => beginnings(order).filter((set) => missing.has(set)).length;
    const best = all.reduce((one, other) => (gain(other) > gain(one) ? other : one));
    chosen.push(best);
    for (const set of beginnings(best)) missing.delete(set);
  } while (missing.size > 0);
  return chosen;
}

function setsOf([first, ...others]: readonly number[]): number[][] {
  if (first === undefined) return [[]];
  const rest = setsOf(others);
  return [...rest, ...rest.map((set) => [first, ...set])];
}

const ordersOf = (people: readonly number[]): number[][] =>
  people.length === 0 ? [[]] : people.flatMap((first) => ordersOf(people.filter((one) => one !== first)).map((rest) => [first, ...rest]));

/** Whose answer counts: not the author's, and where there is an author not that of who cannot show to be another. */
export const counts = ({ about, author, ways: given }: Case, person: number): boolean =>
  about === "nothing" || (person !== author && given[person] !== "nameless");
