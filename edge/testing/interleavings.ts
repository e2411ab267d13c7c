/** Every order in which the steps of several actors can come, each actor's in its own order. @pure */
export function interleavings<Step>(actors: readonly (readonly Step[])[]): Step[][] {
  const orders = actors.flatMap(([first, ...rest], index) => {
    if (first === undefined) return [];
    const left = actors.map((steps, at) => (at === index ? rest : steps));
    return interleavings(left).map((order) => [first, ...order]);
  });
  return orders.length > 0 ? orders : [[]];
}
