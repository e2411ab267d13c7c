/** Questions to the agent and their answers: what lies beyond the device's reach, the network and the model folder. */
import type { DeviceRequest, FromDevice, ToDevice } from './messages.ts';

type Value = Extract<ToDevice, { kind: 'answer' }>['value'];
type Waiting = {
  resolve: (value: Value) => void;
  reject: (error: Error) => void;
  told: ((done: number, total: number) => void) | undefined;
};

export class Requests {
  readonly #post: (message: FromDevice) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(post: (message: FromDevice) => void) {
    this.#post = post;
  }

  /** `told` hears how many bytes have come, where that takes long. */
  ask(wanted: DeviceRequest, told?: (done: number, total: number) => void): Promise<Value> {
    const request = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject, told });
      this.#post({ kind: 'request', request, wanted });
    });
  }

  progress({ request, done, total }: Extract<ToDevice, { kind: 'part' }>): void {
    this.#waiting.get(request)?.told?.(done, total);
  }

  answer(message: Extract<ToDevice, { kind: 'answer' | 'refusal' }>): void {
    const waiting = this.#waiting.get(message.request);
    this.#waiting.delete(message.request);
    if (!waiting) return;
    if (message.kind === 'answer') waiting.resolve(message.value);
    else waiting.reject(Object.assign(new Error(message.message), { name: message.error_name }));
  }
}
