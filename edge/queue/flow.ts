/**
 * How much is under way to one socket (D4). The platform shows no buffered amount, so marks are sent along, and what
 * stands between a mark and its answer is what may still wait somewhere. @pure
 */
import {
  MARK_EVERY_CHARACTERS,
  MARK_EVERY_DOCUMENTS,
  REPLAY_MARKS_MAX,
  UNACKNOWLEDGED_CHARACTERS_MAX,
  UNACKNOWLEDGED_DOCUMENTS_MAX,
} from '../../contract/event/stream.ts';

export interface Flow {
  /** Unanswered marks, oldest first, each with what was sent between it and the one before. */
  marks: [sequence: number, documents: number, characters: number][];
  /** Sent since the last mark. */
  documents: number;
  characters: number;
}

export const STILL: Flow = { marks: [], documents: 0, characters: 0 };

export const sent = (
  { marks, documents, characters }: Flow,
  more: { documents: number; characters: number },
): Flow => ({
  marks,
  documents: documents + more.documents,
  characters: characters + more.characters,
});

/** Whether a mark is due. */
export const wantsMark = ({ documents, characters }: Flow): boolean =>
  documents >= MARK_EVERY_DOCUMENTS || characters >= MARK_EVERY_CHARACTERS;

/** A mark was sent after the frame `sequence`. */
export const marked = ({ marks, documents, characters }: Flow, sequence: number): Flow => ({
  marks: [...marks, [sequence, documents, characters]],
  documents: 0,
  characters: 0,
});

/**
 * The client has read `sequence`. Several marks may name the same one, when only progress came between them: each takes
 * an answer of its own.
 */
export function acknowledged(flow: Flow, sequence: number): Flow {
  const before = flow.marks.findIndex(([mark]) => mark >= sequence);
  if (before === -1) return { ...flow, marks: [] };
  return { ...flow, marks: flow.marks.slice(flow.marks[before]?.[0] === sequence ? before + 1 : before) };
}

/** Whether more of what was missed may be sent. */
export const hasRoom = ({ marks }: Flow): boolean => marks.length < REPLAY_MARKS_MAX;

/** Whether it is time to send more: a large part at a time is read more cheaply than many small ones. */
export const isThirsty = ({ marks }: Flow): boolean => marks.length <= REPLAY_MARKS_MAX / 2;

/** Whether progress has to wait: the client is busy with older things. */
export const isBusy = ({ marks }: Flow): boolean => marks.length > 1;

/** Whether the socket has more under way than any socket may. */
export function isBehind(flow: Flow): boolean {
  let { documents, characters } = flow;
  for (const mark of flow.marks) {
    documents += mark[1];
    characters += mark[2];
  }
  return documents > UNACKNOWLEDGED_DOCUMENTS_MAX || characters > UNACKNOWLEDGED_CHARACTERS_MAX;
}
