// The event source mappings that are there: found by id or function, switched on and off.

export interface Mapping {
  readonly id: string;
  readonly functionArn: string;
  readonly sourceArn: string;
  readonly enabled: boolean;
  /** As Lambda words it: OK, No records processed, or PROBLEM and what it is. */
  readonly lastResult?: string;
}

export interface Mappings {
  /** `start` polls until what it returns is called. */
  add(mapping: Mapping, start: () => () => Promise<void> | void): { readonly stop: () => Promise<void> };
  find(id: string): Mapping | undefined;
  /** What became of the last batch. */
  note(id: string, lastResult: string): void;
  of(functionArn: string | undefined): readonly Mapping[];
  switch(id: string, enabled: boolean): Promise<Mapping | undefined>;
}

interface Kept {
  mapping: Mapping;
  readonly start: () => () => Promise<void> | void;
  stop: (() => Promise<void> | void) | undefined;
}

export function createMappings(): Mappings {
  const all = new Map<string, Kept>();
  return {
    add(mapping, start) {
      const kept: Kept = { mapping, start, stop: mapping.enabled ? start() : undefined };
      all.set(mapping.id, kept);
      return {
        async stop() {
          if (all.get(mapping.id) === kept) all.delete(mapping.id);
          const { stop } = kept;
          kept.stop = undefined;
          await stop?.();
        },
      };
    },
    find: (id) => all.get(id)?.mapping,
    note(id, lastResult) {
      const kept = all.get(id);
      if (kept !== undefined) kept.mapping = { ...kept.mapping, lastResult };
    },
    of: (functionArn) =>
      [...all.values()].map(({ mapping }) => mapping).filter((one) => functionArn === undefined || one.functionArn === functionArn),
    async switch(id, enabled) {
      const kept = all.get(id);
      if (kept === undefined) return undefined;
      if (kept.mapping.enabled !== enabled) {
        kept.mapping = { ...kept.mapping, enabled };
        const { stop } = kept;
        kept.stop = enabled ? kept.start() : undefined;
        if (!enabled) await stop?.();
      }
      return kept.mapping;
    },
  };
}
