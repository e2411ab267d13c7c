/**
 * Statistics of a run as they stand in its row: figures by their place instead of by their names, which are most of the
 * JSON of a short session and cost its insert more than all the rest. @pure
 */
import type { NodeStats, SessionStats } from '../../contract/queue/statistics.ts';

type PackedNode = [
  type: string,
  calls: number,
  seconds: number,
  rest?: Omit<NodeStats, 'node_type' | 'num_calls' | 'time_used_seconds'>,
];

type Packed = [
  execution: number,
  wall: number,
  ram: number | null,
  ram_change: number | null,
  nodes: PackedNode[],
  cache: [hits: number, misses: number] | null,
  /** What few sessions have. */
  rest?: Omit<SessionStats, 'graph_stats' | 'node_stats' | 'invocation_cache'>,
];

export function packStats({ graph_stats, node_stats, invocation_cache, ...rest }: SessionStats): string {
  const packed: Packed = [
    graph_stats.execution_time_seconds,
    graph_stats.wall_time_seconds,
    graph_stats.ram_usage_gb ?? null,
    graph_stats.ram_change_gb ?? null,
    node_stats.map(({ node_type, num_calls, time_used_seconds, ...more }) => {
      const node: PackedNode = [node_type, num_calls, time_used_seconds];
      if (!isEmpty(more)) node.push(more);
      return node;
    }),
    invocation_cache ? [invocation_cache.hits, invocation_cache.misses] : null,
  ];
  if (!isEmpty(rest)) packed.push(rest);
  return JSON.stringify(packed);
}

export function unpackStats(text: string): SessionStats {
  const [execution, wall, ram, ram_change, nodes, cache, rest] = JSON.parse(text) as Packed;
  return {
    graph_stats: {
      execution_time_seconds: execution,
      wall_time_seconds: wall,
      ...(ram === null ? {} : { ram_usage_gb: ram }),
      ...(ram_change === null ? {} : { ram_change_gb: ram_change }),
    },
    node_stats: nodes.map(([node_type, num_calls, time_used_seconds, more]) => ({
      ...{ node_type, num_calls, time_used_seconds },
      ...more,
    })),
    ...(cache ? { invocation_cache: { hits: cache[0], misses: cache[1] } } : {}),
    ...rest,
  };
}

/** An absent figure may stand as undefined. */
const isEmpty = (figures: object): boolean => {
  for (const name in figures) if (figures[name as never] !== undefined) return false;
  return true;
};
