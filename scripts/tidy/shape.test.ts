import { expect, test } from 'vitest';
import { drawers, largeFiles, lockfileHosts, longFiles, machineTraces, worthALook } from './shape.ts';

const file = (path: string, text: string) => ({ path, text });

test('longFiles counts lines of code that is not generated', () => {
  const text = 'a;\n'.repeat(401);
  expect(longFiles([file('edge/a.ts', text)])).toHaveLength(1);
  expect(longFiles([file('edge/a.ts', 'a;\n'.repeat(400))])).toEqual([]);
  expect(longFiles([file('edge/catalogue.generated.ts', text), file('edge/migrations/a.js', text)])).toEqual([]);
  expect(worthALook([file('edge/a.ts', 'a;\n'.repeat(251)), file('edge/b.ts', 'a;')])).toEqual(['edge/a.ts (251)']);
});

test('drawers refuses folders and files named for nothing', () => {
  expect(
    drawers(['edge/utils/a.ts', 'lib/a.ts', 'cli/helpers.ts', 'test/common/a.test.ts', 'a/util.test.ts']),
  ).toHaveLength(5);
  expect(drawers(['edge/library/a.ts', 'contract/limits.ts', 'docs/uncommon.md'])).toEqual([]);
});

test('largeFiles lets only models be large', () => {
  expect(
    largeFiles(
      new Map([
        ['a.onnx', 9e6],
        ['b.bin', 9e6],
        ['c.bin', 4e6],
      ]),
    ).map((fault) => fault.path),
  ).toEqual(['b.bin']);
});

test('machineTraces finds paths and registries of one machine', () => {
  const found = (text: string) => machineTraces([file('a.md', text)]).length;
  expect(found(`see ${['', 'work', 'main'].join('/')}`)).toBe(1);
  expect(found(`"${['', 'root', '.npmrc'].join('/')}"`)).toBe(1);
  expect(found(`${['', 'home', 'ann', ''].join('/')}`)).toBe(1);
  expect(found(`https://${['registry', 'npmjs', 'org'].join('.')}/x`)).toBe(1);
  expect(found('./work/flow and https://example.com/work/a and frame/root/x and the registry')).toBe(0);
});

test('lockfileHosts accepts links and refuses addresses', () => {
  const lock = (resolved: string) => file('package-lock.json', `{\n  "resolved": "${resolved}"\n}`);
  expect(lockfileHosts(lock('contract'))).toEqual([]);
  expect(lockfileHosts(lock('https://example.com/a.tgz'))[0]?.line).toBe(2);
  expect(lockfileHosts(undefined)).toEqual([]);
});
