/** How often what goes wrong: probabilities of one call. */
export interface Faults {
  lostRequest: number;
  lostAnswer: number;
  /** A request arrives twice, the second time whenever it likes. */
  doubled: number;
  /** A request or an answer takes up to a minute. */
  late: number;
  /** The object dies at a statement, or after the commit before all that follows from it was done. */
  crash: number;
  crashAfterCommit: number;
}

export const FAULTS: Faults = {
  lostRequest: 0.04,
  lostAnswer: 0.04,
  doubled: 0.05,
  late: 0.03,
  crash: 0.03,
  crashAfterCommit: 0.02,
};

export const NO_FAULTS: Faults = {
  lostRequest: 0,
  lostAnswer: 0,
  doubled: 0,
  late: 0,
  crash: 0,
  crashAfterCommit: 0,
};
