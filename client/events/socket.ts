/** The little of a WebSocket that the client uses, so that Node's, a browser's and a test's all fit. */

export interface SocketEvent {
  data?: unknown;
  code?: number;
  reason?: string;
}

export interface Socket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void;
}

/** Node's global WebSocket takes `{ headers }` where a browser's takes protocols, and no header at all. */
export type SocketConstructor = new (url: string, options?: { headers: Record<string, string> }) => Socket;

export const sendsHeaders = (): boolean =>
  (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;

export function defaultSocket(): SocketConstructor | undefined {
  return (globalThis as unknown as { WebSocket?: SocketConstructor }).WebSocket;
}
