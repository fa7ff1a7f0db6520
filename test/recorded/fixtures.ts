import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(process.env.PORTICO_SHARED ?? join(import.meta.dirname, '../../../shared'), 'fixtures');

/** The folder of recorded traffic, or undefined in a clone that has none beside it. In CI its absence is a failure. */
export const fixtures: string | undefined = existsSync(join(folder, 'index.jsonl')) ? folder : undefined;

if (fixtures === undefined && process.env.CI === 'true') {
  throw new Error('The recorded traffic is not beside the repository. CI needs it: set PORTICO_SHARED.');
}

/** What a suite that cannot run here says of itself. */
export const WITHOUT_FIXTURES = 'recorded traffic is not beside this clone (set PORTICO_SHARED), so it is not replayed';
