/** Questions to the agent and their answers: what lies beyond the device's reach, the network and the model folder. */
import type { DeviceRequest, FromDevice, ToDevice } from './messages.ts';

type Value = Extract<ToDevice, { kind: 'answer' }>['value'];
type Waiting = { resolve: (value: Value) => void; reject: (error: Error) => void };

export class Requests {
  readonly #post: (message: FromDevice) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(post: (message: FromDevice) => void) {
    this.#post = post;
  }

  ask(wanted: DeviceRequest): Promise<Value> {
    const request = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      this.#post({ kind: 'request', request, wanted });
    });
  }

  answer(message: Extract<ToDevice, { kind: 'answer' | 'refusal' }>): void {
    const waiting = this.#waiting.get(message.request);
    this.#waiting.delete(message.request);
    if (!waiting) return;
    if (message.kind === 'answer') waiting.resolve(message.value);
    else waiting.reject(Object.assign(new Error(message.message), { name: message.error_name }));
  }
}
