/** Loads a folder as a device does, in a process of its own: what it imports goes through Node alone. */
import { testContext } from '../../testing/context.ts';
import { loadCustomNodes } from '../custom-nodes.ts';

const [folder = '', namespace = '', type, inputs = '{}'] = process.argv.slice(2);
try {
  const nodes = await loadCustomNodes({ folder, namespace });
  const node = type === undefined ? undefined : nodes.get(type);
  const output = node && (await testContext().run(node, JSON.parse(inputs)));
  const types = [...nodes].map(([name, { definition }]) => (definition.type === name ? name : '')).sort();
  console.log(JSON.stringify({ types, output }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }));
}
