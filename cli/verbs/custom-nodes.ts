/** `nodes pending`, `approve`, `reject`: what an admin decides about the nodes that runners bring along. */
import type { CustomNode } from '../../contract/graph/custom-node.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { harmless } from '../output/text.ts';
import { openTerminal, printJson } from '../terminal.ts';

interface NodesOptions extends ConnectionOptions {
  json?: boolean;
}

export interface DecideOptions extends NodesOptions {
  digest?: string;
}

/** Characters of a digest that people are shown, and may name it by. */
const DIGEST_SHOWN = 12;

export async function pending(options: NodesOptions): Promise<number> {
  const nodes = await all(connect(options).client.catalogue.customNodes('pending'));
  if (options.json) printJson(nodes);
  else {
    const terminal = openTerminal(options);
    for (const node of nodes) terminal.line(described(node));
    terminal.line(nodes.length === 0 ? 'No node waits.' : 'approve one: switchyard nodes approve TYPE@VERSION');
  }
  return EXIT.ok;
}

export async function decide(verb: 'approve' | 'reject', name: string, options: DecideOptions): Promise<number> {
  const [, type, version] = /^([^@]+)@([^@]+)$/.exec(name) ?? [];
  if (type === undefined) throw new UsageError(`"${name}" is no TYPE@VERSION, such as acme:blur@1.0.0.`);
  const { catalogue } = connect(options).client;
  const found = (await all(catalogue.customNodes())).filter(
    (node) => node.type === type && node.version === version && node.digest.startsWith(options.digest ?? ''),
  );
  const [node, ...others] = found;
  if (node === undefined) throw new UsageError(`No runner announced ${name}; see switchyard nodes pending.`);
  if (others.length > 0)
    throw new UsageError(`There are several definitions of ${name}; add --digest:\n${found.map(described).join('\n')}`);
  const decided = await catalogue[verb](node);
  if (options.json) printJson(decided);
  else openTerminal(options).line(`${decided.status}: ${described(decided)}`);
  return EXIT.ok;
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const found: Value[] = [];
  for await (const value of values) found.push(value);
  return found;
}

/** Exported for its test. */
export function described({
  type,
  version,
  digest,
  status,
  definition,
  announced_by,
  first_announced_at,
}: CustomNode): string {
  const fields = (of: Record<string, { field_type: string }>) =>
    Object.entries(of)
      .map(([name, { field_type }]) => `${name}: ${field_type}`)
      .join(', ');
  const { user_id, runner, key_id } = announced_by;
  return (
    [
      `${type}@${version}  ${definition.title}${status === 'pending' ? '' : ` (${status})`}`,
      `  takes   ${fields(definition.inputs) || 'nothing'}`,
      `  gives   ${fields(definition.outputs)}`,
      `  from    ${user_id}, runner ${runner}, key ${key_id}, ${first_announced_at}`,
      `  digest  ${digest.slice(0, DIGEST_SHOWN)}`,
    ]
      // An admin decides by what is shown: what a runner calls itself or its node must not move the cursor over the rest.
      .map(harmless)
      .join('\n')
  );
}
