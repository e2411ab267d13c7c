/** What a socket is closed with, beside the codes that every websocket has. */

export const CLOSE_BAD_MESSAGE = 4000;
/** The key that opened the socket has expired or was revoked. */
export const CLOSE_KEY_ENDED = 4001;
export const CLOSE_QUEUE_GONE = 4004;
export const CLOSE_BEHIND = 4008;
export const CLOSE_REPLACED = 4009;
