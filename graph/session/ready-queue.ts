/**
 * What is ready to run, in the decided order (DESIGN §6): class by class, so that one model stays loaded. A class is a
 * node type. The active class is drained first, and what becomes ready meanwhile joins it; then comes, of the classes
 * that have something, the one that first became ready earliest; inside a class, what `compare` puts first.
 */
export class ReadyQueue<Entry> {
  readonly #compare: (a: Entry, b: Entry) => number;
  /** By class; a heap, first to run on top. */
  readonly #heaps: (Entry[] | undefined)[] = [];
  /** Classes in the order in which they first became ready. */
  readonly #order: number[] = [];
  #active = -1;

  /** `compare` is 0 for an entry and itself alone: by iteration path, then node order. */
  constructor(compare: (a: Entry, b: Entry) => number) {
    this.#compare = compare;
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

  /** The next to run; it stays until it is taken. Undefined when nothing is ready. */
  peek(): Entry | undefined {
    const active = this.#heaps[this.#active];
    if (active !== undefined && active.length > 0) return active[0];
    const next = this.#order.find((classIndex) => (this.#heaps[classIndex]?.length ?? 0) > 0);
    if (next === undefined) return undefined;
    this.#active = next;
    return this.#heaps[next]?.[0];
  }

  /** Removes an entry and makes its class the active one; false when it is not ready. Quick for what `peek` answered. */
  take(entry: Entry, classIndex: number): boolean {
    const heap = this.#heaps[classIndex];
    const isIt = (other: Entry | undefined) => other !== undefined && this.#compare(other, entry) === 0;
    const at = heap === undefined ? -1 : isIt(heap[0]) ? 0 : heap.findIndex(isIt);
    if (heap === undefined || at === -1) return false;
    this.#removeAt(heap, at);
    this.#active = classIndex;
    return true;
  }

  /** All of them, as they would run if nothing else became ready. */
  list(): Entry[] {
    const classes = [this.#active, ...this.#order.filter((classIndex) => classIndex !== this.#active)];
    return classes.flatMap((classIndex) => (this.#heaps[classIndex] ?? []).toSorted(this.#compare));
  }

  #removeAt(heap: Entry[], at: number): void {
    const last = heap.pop();
    if (last === undefined || at >= heap.length) return;
    heap[at] = last;
    this.#rise(heap, at);
    this.#sink(heap, at);
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

  #sink(heap: Entry[], from: number): void {
    const entry = heap[from];
    if (entry === undefined) return;
    let at = from;
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
