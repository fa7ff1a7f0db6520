import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { cellsAt, titleOf } from '../support/fault-cells.js';
import { CLIENTS, type ClientName } from '../support/fault-clients.js';
import { PLACES, placesTable } from '../support/fault-places.js';
import { verdictTable } from '../support/fault-verdicts.js';
import { playFaults } from '../support/play-faults.js';

describe('the table of verdicts', () => {
  it.each(Object.keys(CLIENTS) as ClientName[])(
    'has every variant of every fault, wherever it shows, for %s',
    (client) => {
      const judged = new Set(
        PLACES.filter((place) => place.client === client)
          .flatMap(cellsAt)
          .map(({ title }) => title.split(':')[0]),
      );
      const missing = FAULTS.filter(({ id }) => id !== 'f47').flatMap(({ id, variants, streaming }) =>
        (variants.length === 0 ? [''] : variants)
          .flatMap((variant) => [
            ...(streaming === 'stream' ? [] : [titleOf(id, variant, false, 'alone')]),
            ...(streaming === 'json' ? [] : [titleOf(id, variant, true, 'alone')]),
          ])
          .filter((title) => !judged.has(title)),
      );
      expect(missing).toEqual([]);
    },
  );

  it.each([
    ['verdicts', verdictTable],
    ['places', placesTable],
  ])('is the one that people read: %s', (name, table) => {
    const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
    const written = new RegExp(`<!-- ${name}:start -->\\n\\n([\\s\\S]*)\\n\\n<!-- ${name}:end -->`).exec(readme);
    expect(written?.[1]).toBe(table());
  });
});

playFaults('chat');
