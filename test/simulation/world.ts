/** One deployment of the simulated world, as its vendor runs it. */
export interface Place {
  readonly id: string;
  /** Mean time to the first token when nobody else is there. */
  readonly firstTokenMs: number;
  readonly perTokenMs: number;
  /** So many calls at a time double its times. */
  readonly capacity: number;
  /** What it allows in a minute of the clock, and whether the gateway was told. */
  readonly requestsPerMinute: number;
  readonly isLimitKnown: boolean;
  /** Share of calls that fail. */
  readonly failureRate: number;
  /** US dollars per million tokens, in and out. */
  readonly price: { readonly input: number; readonly output: number };
  /** Answers nothing but 503 from one second of the run to another. */
  readonly outage?: readonly [fromS: number, toS: number];
}

/** Ten, as a team with several vendors, regions and accounts may have them: fast and dear, slow and cheap, small and large. */
export const PLACES: readonly Place[] = [
  place('a-fast', 220, 8, 900, 9_000, 0.002, [5, 15]),
  place('b-fast-small', 240, 9, 200, 900, 0.005, [5, 15]),
  place('c-good', 350, 12, 500, 4_000, 0.01, [3, 10]),
  { ...place('d-good-outage', 360, 12, 500, 4_000, 0.01, [3, 10]), outage: [120, 180] },
  place('e-usual', 500, 18, 400, 3_000, 0.01, [2, 8]),
  place('f-usual-flaky', 520, 18, 400, 3_000, 0.08, [2, 8]),
  place('g-cheap', 800, 25, 300, 2_000, 0.01, [0.5, 1.5]),
  place('h-cheap', 820, 26, 300, 2_000, 0.01, [0.5, 1.5]),
  place('i-slow', 1_500, 35, 200, 1_500, 0.02, [1, 3]),
  { ...place('j-untold', 600, 20, 300, 1_200, 0.01, [2, 6]), isLimitKnown: false },
];

function place(
  id: string,
  firstTokenMs: number,
  perTokenMs: number,
  capacity: number,
  requestsPerMinute: number,
  failureRate: number,
  [input, output]: readonly [number, number],
): Place {
  const price = { input, output };
  return { id, firstTokenMs, perTokenMs, capacity, requestsPerMinute, isLimitKnown: true, failureRate, price };
}
