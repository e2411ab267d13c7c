/**
 * Holds a session back that writes assets faster than they go up: what waits stands in the agent's memory. Who has
 * nothing on its way may always write, so that a session never waits for another one's upload. @pure
 */

/** Bytes on their way up beyond which a session waits for some of its own to arrive. */
export const UPLOAD_BYTES_MAX = 64 * 1024 * 1024;

/** What an asset takes beside its bytes, in the agent's memory and on its way: of very small ones there may be many. */
const ASSET_BYTES = 4 * 1024;

interface Writer {
  readonly ticket: number;
  isCanceled(): boolean;
}

interface Waiting {
  writer: Writer;
  write: () => void;
}

export class UploadRoom {
  readonly #limit: number;
  readonly #assetBytes: number;
  /** By the asset's name. */
  readonly #underWay = new Map<string, { ticket: number; length: number }>();
  #bytes = 0;
  #waiting: Waiting[] = [];

  constructor(limit = UPLOAD_BYTES_MAX, assetBytes = ASSET_BYTES) {
    this.#limit = limit;
    this.#assetBytes = assetBytes;
  }

  /** The result of `write`, once there is room for it; never, when its session is canceled before. */
  enter<Result>(writer: Writer, write: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const go = () => {
        try {
          resolve(write());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#mayWrite(writer)) go();
      else this.#waiting.push({ writer, write: go });
    });
  }

  /** An asset is handed to the agent. */
  sent(ticket: number, asset_name: string, length: number): void {
    if (this.#underWay.has(asset_name)) return;
    const counted = length + this.#assetBytes;
    this.#underWay.set(asset_name, { ticket, length: counted });
    this.#bytes += counted;
  }

  /** It is stored, or never will be. */
  settled(asset_name: string): void {
    this.#bytes -= this.#underWay.get(asset_name)?.length ?? 0;
    this.#underWay.delete(asset_name);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) {
      if (each.writer.isCanceled()) continue;
      if (this.#mayWrite(each.writer)) each.write();
      else this.#waiting.push(each);
    }
  }

  /** Whose turn it is not yet is not overtaken by what it writes next. */
  #mayWrite({ ticket }: Writer): boolean {
    if (this.#waiting.some(({ writer }) => writer.ticket === ticket)) return false;
    if (this.#bytes < this.#limit) return true;
    for (const each of this.#underWay.values()) if (each.ticket === ticket) return false;
    return true;
  }
}
