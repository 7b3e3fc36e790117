// Schemas in the form of the SDK clients, for services whose clients are no dependencies of ours.

export const STRING = 0;
export const NUMBER = 1;
export const BOOLEAN = 2;
export const STRINGS = 64;

export type Types = Readonly<Record<string, unknown>>;

export interface Forms {
  readonly structure: (name: string, members: Types) => unknown;
  readonly list: (name: string, item: unknown) => unknown;
  /** What a client exports: each operation by its name, with the members of its input and its output. */
  readonly schemas: (operations: Readonly<Record<string, readonly [input: Types, output: Types]>>) => Types;
}

export function formsOf(namespace: string): Forms {
  const structure: Forms["structure"] = (name, members) => [3, namespace, name, 0, Object.keys(members), Object.values(members)];
  return {
    structure,
    list: (name, item) => [1, namespace, name, 0, item],
    schemas: (operations) =>
      Object.fromEntries(
        Object.entries(operations).map(([name, [input, output]]) => [
          `${name}$`,
          [9, namespace, name, 0, structure(`${name}Input`, input), structure(`${name}Output`, output)],
        ]),
      ),
  };
}
