// Virtual time: what happens next is the earliest event, and only when nobody has anything left to compute.

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Schedule {
  now: number;
  steps = 0;
  /** Set when there is no point in going on. */
  halted = false;
  #order = 0;
  readonly #heap: Due[] = [];

  constructor(now: number) {
    this.now = now;
  }

  get waiting(): number {
    return this.#heap.length;
  }

  after(milliseconds: number, run: () => void): void {
    const heap = this.#heap;
    const due: Due = { at: this.now + Math.max(0, milliseconds), order: this.#order++, run };
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Due;
      if (!earlier(due, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = due;
  }

  /**
   * Runs events until there are none, or none before `end`. After each event Node drains the microtasks before it
   * takes the next tick, so every function has come to its next await when the next event is taken: no timer, no
   * guess at how long a chain of promises is.
   */
  run(end = Infinity, stepsMax = Infinity): Promise<"empty" | "end" | "too many steps"> {
    const last = this.steps + stepsMax;
    return new Promise((resolve, reject) => {
      const tick = (): void => process.nextTick(step);
      const step = (): void => {
        const next = this.#heap[0];
        if (next === undefined || this.halted) return resolve("empty");
        if (next.at > end) {
          this.now = end;
          return resolve("end");
        }
        if (this.steps >= last) return resolve("too many steps");
        this.#pop();
        this.now = next.at;
        this.steps += 1;
        try {
          next.run();
        } catch (error) {
          return reject(error);
        }
        return queueMicrotask(tick);
      };
      step();
    });
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Due;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && earlier(right, heap[child] as Due)) child += 1;
      const below = heap[child] as Due;
      if (!earlier(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

const earlier = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
