// What is on its way inside local AWS, so that a test or the demo can wait until nothing is.

export interface InFlight {
  /** Marks the start of work; the returned function marks its end. */
  readonly begin: () => () => void;
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  /** Work that is counted elsewhere: the messages of a queue, the records of a stream. */
  readonly watch: (count: () => number) => void;
  readonly count: () => number;
  /** Resolves when nothing has been in flight for two looks in a row. */
  readonly idle: () => Promise<void>;
}

const LOOK_EVERY_MS = 15;

export function createInFlight(): InFlight {
  let open = 0;
  const watched: (() => number)[] = [];
  const begin = (): (() => void) => {
    open += 1;
    let ended = false;
    return () => {
      if (!ended) open -= 1;
      ended = true;
    };
  };
  const count = (): number => watched.reduce((sum, look) => sum + look(), open);
  return {
    begin,
    count,
    async track(work) {
      const end = begin();
      try {
        return await work;
      } finally {
        end();
      }
    },
    watch: (look) => void watched.push(look),
    async idle() {
      for (let quiet = 0; quiet < 2; quiet = count() === 0 ? quiet + 1 : 0) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    },
  };
}
