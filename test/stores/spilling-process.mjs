// A process whose ledger takes nothing: `node spilling-process.mjs FOLDER`. Tells its parent the ids of each batch that is kept.
import { NO_USAGE } from '@portico/core';
import { durableSink } from '@portico/store-sql';

const [, , folder] = process.argv;
const down = { append: () => Promise.reject(new Error('The ledger is down.')) };
const sink = durableSink(down, { folder });
let made = 0;
for (;;) {
  const batch = Array.from({ length: 25 }, () => aRecord());
  await sink.record(batch);
  process.send(batch.map(({ id }) => id));
}

function aRecord() {
  return {
    id: `${process.pid}.${made++}`,
    principal: { id: 'ada' },
    requestedModel: 'fast',
    usage: NO_USAGE,
    startedAt: Date.now(),
    warnings: ['é'.repeat(200)],
  };
}
