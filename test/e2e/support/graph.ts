/** Edges as they are drawn: 'all.collection' → 'each.collection'. */
export const edge = (from: string, to: string) => ({ source: port(from), destination: port(to) });

function port(text: string): { node_id: string; field: string } {
  const [node_id = '', field = ''] = text.split('.');
  return { node_id, field };
}
