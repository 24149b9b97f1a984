/** Time that passes only when everybody waits: a test of seconds takes none. */
export class VirtualTime {
  nowMs = 1000;
  private readonly timers = new Map<number, { atMs: number; callback: () => void }>();
  private last = 0;

  readonly performance = { now: (): number => this.nowMs };

  readonly setTimeout = (callback: () => void, delayMs: number): unknown => {
    this.timers.set(++this.last, { atMs: this.nowMs + delayMs, callback });
    return this.last;
  };

  readonly clearTimeout = (timer: unknown): void => {
    this.timers.delete(timer as number);
  };

  /** Timers that nobody cleared. */
  get left(): number {
    return this.timers.size;
  }

  /** The result of *work*, with time going on as it must. */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => void (settled = true);
    work.then(settle, settle);
    for (await idle(); !settled; await idle()) this.next();
    return work;
  }

  private next(): void {
    const [first] = [...this.timers].sort(([a, x], [b, y]) => x.atMs - y.atMs || a - b);
    if (!first) throw new Error("everybody waits, and no timer is set");
    this.timers.delete(first[0]);
    this.nowMs = Math.max(this.nowMs, first[1].atMs);
    first[1].callback();
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
