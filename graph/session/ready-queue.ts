/**
 * What is ready to run, in the decided order (DESIGN §6): class by class, so that one model stays loaded. A class is a
 * node type. The active class is drained first, and what becomes ready meanwhile joins it; then comes, of the classes
 * that have something, the one that first became ready earliest; inside a class, what `compare` puts first.
 */
export class ReadyQueue<Entry> {
  readonly #compare: (a: Entry, b: Entry) => number;
  readonly #isReady: (entry: Entry) => boolean;
  /** By class; a heap, first to run on top. */
  readonly #heaps: (Entry[] | undefined)[] = [];
  /** Classes in the order in which they first became ready. */
  readonly #order: number[] = [];
  #active = -1;

  /**
   * `compare`: by iteration path, then node order. An entry that `isReady` denies has run in the meantime: it is left
   * where it is and dropped when it comes up, so that replaying results in any order costs no search.
   */
  constructor(compare: (a: Entry, b: Entry) => number, isReady: (entry: Entry) => boolean) {
    this.#compare = compare;
    this.#isReady = isReady;
  }

  /** Each entry at most once. */
  add(entry: Entry, classIndex: number): void {
    let heap = this.#heaps[classIndex];
    if (heap === undefined) {
      heap = [];
      this.#heaps[classIndex] = heap;
      this.#order.push(classIndex);
    }
    heap.push(entry);
    this.#rise(heap, heap.length - 1);
  }

  /** The next to run; it stays while it is ready. Undefined when nothing is. */
  peek(): Entry | undefined {
    const active = this.#top(this.#active);
    if (active !== undefined) return active;
    for (const classIndex of this.#order) {
      const top = this.#top(classIndex);
      if (top === undefined) continue;
      this.#active = classIndex;
      return top;
    }
    return undefined;
  }

  /** One of the class runs: it is the active one from now on. */
  activate(classIndex: number): void {
    this.#active = classIndex;
  }

  /** All of them, as they would run if nothing else became ready. */
  list(): Entry[] {
    const classes = [this.#active, ...this.#order.filter((classIndex) => classIndex !== this.#active)];
    return classes.flatMap((classIndex) =>
      (this.#heaps[classIndex] ?? []).filter(this.#isReady).toSorted(this.#compare),
    );
  }

  #top(classIndex: number): Entry | undefined {
    const heap = this.#heaps[classIndex];
    if (heap === undefined) return undefined;
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      if (this.#isReady(top)) return top;
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) {
        heap[0] = last;
        this.#sink(heap);
      }
    }
    return undefined;
  }

  #rise(heap: Entry[], from: number): void {
    const entry = heap[from];
    if (entry === undefined) return;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || this.#compare(above, entry) <= 0) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #sink(heap: Entry[]): void {
    const entry = heap[0];
    if (entry === undefined) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      if (below === undefined) break;
      const other = heap[child + 1];
      if (other !== undefined && this.#compare(other, below) < 0) {
        child++;
        below = other;
      }
      if (this.#compare(below, entry) >= 0) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = entry;
  }
}
