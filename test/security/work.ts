/** The smallest of the three sizes: n, 2n, 4n. With 4n items, a square is some ten million steps and more. */
const SMALLEST = 2_000;
/** Milliseconds of processor time; what takes less at 4n is no square of it, and too short to tell one from the other. */
const WORTH_A_LOOK = 20;
/** Work may grow by this for each doubling. Twice is right, four times is a square; sorting and the collector are between. */
const MOST_PER_DOUBLING = 3;
const MOST = MOST_PER_DOUBLING ** 2;
/** Tries of each size, of which the least counts, and how often the result must come out the same. */
const TRIES = 3;
const ROUNDS = 2;

/**
 * Says how much too much work a reader does; undefined where its work grows as its input does. It compares processor time
 * with processor time of the same run, so neither a slow machine nor a busy one changes the answer, and what looks like too
 * much is measured again. A failure of another kind than the gateway's own is told as well: a caller would get a 500.
 */
export function tooMuchWork(prepare: (n: number) => () => void): string | undefined {
  const first = workOf(prepare(4 * SMALLEST));
  if (typeof first === 'string') return first;
  if (first < WORTH_A_LOOK || first < MOST * leastWork(prepare, SMALLEST, 1)) return undefined;
  let told = '';
  for (let round = 0; round < ROUNDS; round += 1) {
    const work = [1, 2, 4].map((factor) => leastWork(prepare, factor * SMALLEST, TRIES));
    const [small = 0, , large = 0] = work;
    if (large < WORTH_A_LOOK || large < MOST * small) return undefined;
    told = `${work.map((ms) => ms.toFixed(1)).join(', ')} ms for n, 2n, 4n`;
  }
  return told;
}

function leastWork(prepare: (n: number) => () => void, n: number, times: number): number {
  const tries = Array.from({ length: times }, () => workOf(prepare(n)));
  return Math.min(...tries.filter((work) => typeof work === 'number'));
}

/** Milliseconds of processor time, or what went wrong. */
function workOf(run: () => void): number | string {
  const before = process.cpuUsage();
  try {
    run();
  } catch (error) {
    if (!(error instanceof Error) || !('kind' in error)) return String(error);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
