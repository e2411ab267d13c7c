/** How much nodes of every kind take and make, so that none of them exhausts a runner. @pure */

/** Elements of a list: beyond it an iteration would exceed what a session may prepare anyway. */
export const LIST_ITEMS_MAX = 100_000;

/** Characters of a text: a file of prompts, which every node still goes through in a moment. */
export const TEXT_LENGTH_MAX = 200_000;

/** Pixels along a side of a picture that is to be drawn: those of the largest square image. */
export const DRAWN_SIDE_MAX = 8192;
