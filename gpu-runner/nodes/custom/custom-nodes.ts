/**
 * A runner's own nodes: what the files of a folder export. Whatever is wrong with one of them is told, and then none is
 * loaded: a runner that silently lacks a node would leave its work waiting for ever.
 */
import { readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { NAME_LENGTH_MAX, RUNNER_NODES_MAX } from '../../../contract/limits.ts';
import { customNodeFaults } from '../../../graph/custom-node.ts';
import type { CustomNodes } from '../../device/settings.ts';
import { isNode } from '../define-node.ts';
import type { Node } from '../node.ts';
import { serveAuthorImports } from './author-imports.ts';

/** Says of every file what is wrong with it, a line each. */
export class CustomNodesError extends Error {
  override name = 'CustomNodesError';
}

/** A file that takes longer to load waits for something that does not come. */
const LOAD_MS = 60_000;

const isLoaded = (name: string): boolean => /^[^._].*\.(ts|js|mjs)$/.test(name) && !/\.(test|spec|d)\.\w+$/.test(name);

/** The nodes by their types, with the namespace before each. Rejects with a CustomNodesError. */
export async function loadCustomNodes({ folder, namespace }: CustomNodes): Promise<Map<string, Node>> {
  const home = realFolder(folder);
  const names = readdirSync(home).filter(isLoaded).sort();
  const faults: string[] = [];
  const found = new Map<string, { node: Node; where: string }>();
  if (names.length === 0) faults.push(`${folder} has no .ts, .js or .mjs file: --nodes names the folder of your nodes`);
  serveAuthorImports(home);
  for (const name of names) {
    const exported = await exportsOf(path.join(home, name)).catch((error: unknown) => {
      faults.push(`${name} cannot be loaded: ${told(error, name)}`);
    });
    if (exported === undefined) continue;
    const nodes = new Map(Object.entries(exported).flatMap(([key, value]) => (isNode(value) ? [[value, key]] : [])));
    if (nodes.size === 0)
      faults.push(
        `${name} exports no node made by defineNode of switchyard/nodes; begin the name of a helper with "_"`,
      );
    for (const [node, key] of nodes) {
      const where = `${name} (export ${key})`;
      const named = inNamespace(node, namespace);
      if (typeof named === 'string') {
        faults.push(`${where}: ${named}`);
        continue;
      }
      const { type } = named.definition;
      const other = found.get(type);
      if (other) faults.push(`${where} and ${other.where} are both of type "${type}"; rename one`);
      else found.set(type, { node: named, where });
    }
  }
  if (found.size > RUNNER_NODES_MAX)
    faults.push(`${folder} has ${found.size} nodes; a runner has at most ${RUNNER_NODES_MAX} of its own`);
  if (faults.length > 0) throw new CustomNodesError(faults.join('\n'));
  return new Map([...found].map(([type, { node }]) => [type, node]));
}

function realFolder(folder: string): string {
  try {
    const home = realpathSync(folder);
    readdirSync(home);
    return home;
  } catch (error) {
    throw new CustomNodesError(`${folder} cannot be read: ${(error as Error).message}`);
  }
}

async function exportsOf(file: string): Promise<Record<string, unknown>> {
  const given = new AbortController();
  const late = sleep(LOAD_MS, null, { signal: given.signal }).then(() => {
    throw new Error(`it was not loaded within ${LOAD_MS / 1_000} s`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([import(/* @vite-ignore */ pathToFileURL(file).href), late]);
  } finally {
    given.abort();
  }
}

/** What was thrown, and where in the file, as far as the trace says. */
function told(thrown: unknown, name: string): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const line = thrown.stack?.split('\n').find((each) => each.includes(`/${name}:`));
  return `${thrown.name}: ${thrown.message}${line === undefined ? '' : ` (${line.trim()})`}`;
}

/** The node under its full type; a sentence when it cannot be. */
function inNamespace({ definition, invoke }: Node, namespace: string): Node | string {
  const [before, after] = definition.type.includes(':') ? definition.type.split(':') : [namespace, definition.type];
  if (before !== namespace)
    return `its type "${definition.type}" has another namespace than this runner's, "${namespace}"; write "${after}"`;
  const type = `${namespace}:${after}`;
  if (type.length > NAME_LENGTH_MAX) return `its type "${type}" is longer than ${NAME_LENGTH_MAX} characters`;
  const named = { ...definition, type };
  // The service would refuse the whole runner for it.
  const [fault] = customNodeFaults(named, JSON.stringify(named), []);
  return fault ? `${fault.pointer} ${fault.detail}` : { definition: named, invoke };
}
