import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { NodeType } from '../../contract/graph/catalogue.ts';
import { decodeRaster, encodeRaster } from './image/image-codec.ts';
import type { Node } from './node.ts';
import { testContext } from './testing/context.ts';
import { withDefaults } from './testing/defaults.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/writing-nodes.md', import.meta.url)), 'utf8');

/** The example of the page as a module, as if it were in the folder that the page names. */
async function exampleNode(): Promise<Node> {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'example.ts');
  const home = new URL('./image/', import.meta.url);
  writeFileSync(
    file,
    code.replaceAll(/from '(\.[^']+)'/g, (_, specifier: string) => `from '${fileURLToPath(new URL(specifier, home))}'`),
  );
  const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Record<string, Node>;
  return module.imagePixelateNode!;
}

it('the example of docs/writing-nodes.md does what it says', async () => {
  const node = await exampleNode();
  expect(NodeType.parse(node.definition)).toEqual(node.definition);
  const context = testContext();
  const data = Uint8Array.from({ length: 12 }, (_, index) => index);
  const image_name = await context.assets.write(await encodeRaster({ width: 4, height: 3, mode: 'L', data }), '');
  const inputs = { image: { image_name }, size: 2 };
  const { image } = await context.run<{ image: { image_name: string } }>(node, withDefaults(node, inputs));
  const { data: squares } = await decodeRaster(context.stored.get(image.image_name)!);
  expect([...squares]).toEqual([0, 0, 2, 2, 0, 0, 2, 2, 8, 8, 10, 10]);
  expect(withDefaults(node, { image: inputs.image }).size).toBe(8);
});

it('an editor finds the types of switchyard/nodes by the settings that the page shows', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-editor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(path.join(root, 'examples/nodes'), folder, { recursive: true });
  const [, settings = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  writeFileSync(path.join(folder, 'tsconfig.json'), settings.replace('../switchyard/', root));
  const check = () => spawnSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' }).stdout;
  expect(check()).toBe('');
  writeFileSync(path.join(folder, 'wrong.ts'), "import { integer } from 'switchyard/nodes';\ninteger({ least: 1 });\n");
  expect(check()).toContain("'least' does not exist");
});
