/** A device child whose node calls are counted. */
import { startDevice } from '../../gpu-runner/device/device.ts';
import { COUNTED_NODES, remembersItems } from './counted-nodes.ts';

startDevice({ nodes: COUNTED_NODES, hooks: [remembersItems] });
