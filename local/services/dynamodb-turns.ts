// One write at a time, and no read while a transaction is half done.

export interface Turns {
  /** Runs alone among writes, in the order of asking. */
  write<T>(work: () => Promise<T>): Promise<T>;
  /** As `write`, and reads wait for it too: what it changes is seen whole or not at all. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  read<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let transacting: Promise<unknown> | undefined;
  const reading = new Set<Promise<unknown>>();

  const queue = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = last;
    const turn = before.then(work);
    // The next in line does not care how this one ended.
    last = turn.catch(() => undefined);
    return await turn;
  };

  return {
    write: queue,
    transaction: async (work) =>
      await queue(async () => {
        const done = Promise.withResolvers<void>();
        transacting = done.promise;
        await Promise.allSettled(reading);
        try {
          return await work();
        } finally {
          transacting = undefined;
          done.resolve();
        }
      }),
    async read(work) {
      for (let barrier = transacting; barrier !== undefined; barrier = transacting) await barrier;
      const running = work();
      const settled = running.then(
        () => undefined,
        () => undefined,
      );
      reading.add(settled);
      void settled.then(() => reading.delete(settled));
      return await running;
    },
  };
}
