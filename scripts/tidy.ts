// The rules of the house that no compiler checks; each is a function in scripts/tidy/. Prints every fault it finds.
import { root } from './process.ts';
import { conformanceTests, ruleTests } from './tidy/numbers.ts';
import { purity } from './tidy/purity.ts';
import { declaredPackages, exactVersions, importDirections } from './tidy/rooms.ts';
import {
  drawers,
  LINES_WORTH_A_LOOK,
  largeFiles,
  lockfileHosts,
  longFiles,
  machineTraces,
  worthALook,
} from './tidy/shape.ts';
import { readTree } from './tidy/tree.ts';

const { sizes, files, manifests } = readTree(root);

const faults = [
  ...importDirections(files),
  ...declaredPackages(files, manifests),
  ...exactVersions(manifests),
  ...purity(files),
  ...longFiles(files),
  ...drawers([...sizes.keys()]),
  ...largeFiles(sizes),
  ...machineTraces(files),
  ...lockfileHosts(files.find((file) => file.path === 'package-lock.json')),
  ...ruleTests(files),
  ...conformanceTests(files),
];

for (const { path, line, message } of faults) console.log(`${path}${line === undefined ? '' : `:${line}`}  ${message}`);
const long = worthALook(files);
if (long.length > 0) console.log(`over ${LINES_WORTH_A_LOOK} lines, worth a look: ${long.join(', ')}`);
console.log(`${sizes.size} files, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
