import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Grant } from '../../contract/runner/claim.ts';
import { OnnxModel } from '../models/onnx-model.ts';
import { SessionProfiler } from './session-profiler.ts';

const MODEL = path.join(import.meta.dirname, '../../models/tiny-diffusion/text_encoder/model.onnx');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-profile-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const item = (session_id: string, fence = 1) => ({ session_id, fence }) as Grant;

/** Calls itself, so that it is a function of its own however it is compiled. */
const nodeThatIsNamed = (n: number): number => (n < 2 ? n : nodeThatIsNamed(n - 1) + nodeThatIsNamed(n - 2));

test('a session leaves its CPU profile and a trace of each of its models, named alike', async () => {
  let model: OnnxModel | undefined;
  const warnings: string[] = [];
  const profiler = new SessionProfiler({
    folder: path.join(folder, 'made'),
    releaseModels: async () => {
      await model?.release();
      model = undefined;
    },
    warn: (message) => warnings.push(message),
  });
  for (const session of [item('s1', 3), item('../s2')]) {
    await profiler.before_session({ item: session });
    model = await OnnxModel.load(MODEL, { profile: (file) => profiler.traceOf(file) });
    const ids = model.inputMetadata[0];
    const data = new BigInt64Array(16);
    const type = ids?.type ?? '';
    await model.run({ [ids?.name ?? '']: { type, dims: [1, 16], data: type === 'int64' ? data : new Int32Array(16) } });
    nodeThatIsNamed(30);
    await profiler.after_session();
    await profiler.session_over();
  }
  expect(warnings).toEqual([]);
  const files = readdirSync(path.join(folder, 'made')).sort();
  expect(files).toEqual([
    '.._s2.1.cpuprofile',
    expect.stringMatching(/^\.\._s2\.1\.text_encoder_.*\.json$/),
    's1.3.cpuprofile',
    expect.stringMatching(/^s1\.3\.text_encoder_.*\.json$/),
  ]);
  for (const file of files) {
    const document: unknown = JSON.parse(readFileSync(path.join(folder, 'made', file), 'utf8'));
    const names = file.endsWith('.cpuprofile')
      ? (document as { nodes: { callFrame: { functionName: string } }[] }).nodes.map(
          (node) => node.callFrame.functionName,
        )
      : (document as { name: string; args: { op_name?: string } }[]).map(({ args }) => args.op_name);
    expect(names).toContain(file.endsWith('.cpuprofile') ? 'nodeThatIsNamed' : 'MatMul');
  }
});

test('a profile that cannot be written is told, and the models go all the same', async () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  const warnings: string[] = [];
  let released = 0;
  const releaseModels = async () => {
    released += 1;
  };
  const profiler = new SessionProfiler({ folder: file, releaseModels, warn: (message) => warnings.push(message) });
  await profiler.before_session({ item: item('s1') });
  await profiler.session_over();
  expect([warnings, released]).toEqual([[expect.stringMatching(/^the profile was not written: ENOTDIR/)], 1]);
});
