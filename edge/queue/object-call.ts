/** The header by which the Worker hands a websocket to the object: `fetch` is the only call that can carry one. */
export const CALL_HEADER = 'x-switchyard-call';
