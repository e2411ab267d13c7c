/** How much nodes of every kind take and make, so that none of them exhausts a runner. @pure */

/** Elements of a list: beyond it an iteration would exceed what a session may prepare anyway. */
export const LIST_ITEMS_MAX = 100_000;

/** Characters of a text: long ones are taken apart by nodes, and a few hundred kilobytes are read in no time. */
export const TEXT_LENGTH_MAX = 200_000;
