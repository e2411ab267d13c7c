/**
 * The device child of the rows that ask when something ran: the built-in nodes, but `string` answers the nanosecond in
 * which it was invoked, by the monotonic clock that all processes of a machine share.
 */
import { startDevice } from '../../gpu-runner/device/device.ts';
import { stringNode } from '../../gpu-runner/nodes/primitives/string.ts';
import { BUILTIN_NODES } from '../../gpu-runner/nodes/registry.ts';

const clock = { ...stringNode, invoke: async () => ({ value: String(process.hrtime.bigint()) }) };

startDevice({ nodes: new Map([...BUILTIN_NODES, ['string', clock]]) });
