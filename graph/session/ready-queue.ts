/**
 * What is ready to run, in the decided order (DESIGN §6): class by class, so that one model stays loaded. A class is a
 * node type. The active class is drained first, and what becomes ready meanwhile joins it; then comes, of the classes
 * that have something, the one that first became ready earliest; inside a class, the lowest rank.
 */
export class ReadyQueue {
  /** By class; a heap of ranks, lowest first. */
  readonly #heaps: (number[] | undefined)[] = [];
  /** Classes in the order in which they first became ready. */
  readonly #order: number[] = [];
  #active = -1;

  /** Each rank at most once; ranks order the invocations by iteration path, then node order. */
  add(rank: number, classIndex: number): void {
    let heap = this.#heaps[classIndex];
    if (heap === undefined) {
      heap = [];
      this.#heaps[classIndex] = heap;
      this.#order.push(classIndex);
    }
    push(heap, rank);
  }

  /** The next to run; it stays until it is taken. Undefined when nothing is ready. */
  peek(): number | undefined {
    const active = this.#heaps[this.#active];
    if (active !== undefined && active.length > 0) return active[0];
    const next = this.#order.find((classIndex) => (this.#heaps[classIndex]?.length ?? 0) > 0);
    if (next === undefined) return undefined;
    this.#active = next;
    return this.#heaps[next]?.[0];
  }

  /** Removes `rank` and makes its class the active one; false when it is not ready. Quick for what `peek` answered. */
  take(rank: number, classIndex: number): boolean {
    const heap = this.#heaps[classIndex];
    const at = heap === undefined ? -1 : heap[0] === rank ? 0 : heap.indexOf(rank);
    if (heap === undefined || at === -1) return false;
    removeAt(heap, at);
    this.#active = classIndex;
    return true;
  }
}

function push(heap: number[], rank: number): void {
  heap.push(rank);
  rise(heap, heap.length - 1);
}

function removeAt(heap: number[], at: number): void {
  const last = heap.pop();
  if (last === undefined || at >= heap.length) return;
  heap[at] = last;
  rise(heap, at);
  sink(heap, at);
}

function rise(heap: number[], from: number): void {
  let at = from;
  const rank = heap[at] ?? 0;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] ?? 0;
    if (above <= rank) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = rank;
}

function sink(heap: number[], from: number): void {
  let at = from;
  const rank = heap[at] ?? 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
    const below = heap[child] ?? 0;
    if (below >= rank) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = rank;
}
