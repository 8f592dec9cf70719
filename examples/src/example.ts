/**
 * What an example is: a question, a simulated world in which it is answered, and what is claimed.
 *
 * An example is a function of its seed. Its figures are numbers that a test can read; how they are
 * shown is the table's business.
 */

/** One line of the table: its name, and a figure for each column. */
export interface Row {
  readonly name: string;
  /** In the order of the columns; null: there is none. */
  readonly figures: readonly (number | null)[];
}

/** A heading, and how many decimals its figures have. */
export interface Column {
  readonly title: string;
  /** @default 0 */
  readonly decimals?: number;
}

/** What an example says for sure, and whether it came out so. */
export interface Claim {
  readonly says: string;
  readonly holds: boolean;
}

/** One table and what follows from it. */
export interface Report {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly claims: readonly Claim[];
}

/** A comparison. */
export interface Example {
  readonly name: string;
  /** One line. */
  readonly title: string;
  /** What is compared, and under what. */
  readonly text: string;
  readonly run: (seed: number) => Report;
}
