// A host that stops as hosts should, run as a process of its own by the house suite: `node house-process.mjs baseUrl ledger
// graceMs`. Writes every usage record to the ledger, a line each; tells its parent the port, and when it has begun to stop.
// It ends by itself when nothing is left to do, or not at all.
import { appendFile } from 'node:fs/promises';
import { llmGateway } from '@portico/express';
import express from 'express';

const [, , baseUrl, ledger, graceMs] = process.argv;
const gateway = llmGateway({
  models: { chat: [{ model: 'openai/steered', baseUrl, apiKey: 'sk-0000', price: { input: 1, output: 2 } }] },
  anonymous: { id: 'ada' },
  sinks: [
    {
      async record(batch) {
        // A database takes its time.
        await new Promise((resolve) => setTimeout(resolve, 20));
        await appendFile(ledger, batch.map((record) => `${JSON.stringify(record)}\n`).join(''));
      },
    },
  ],
});
const app = express();
app.use('/llm', gateway);
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.once('SIGTERM', async () => {
  const closed = gateway.close({ graceMs: Number(graceMs) });
  process.send({ stopping: true });
  await closed;
  server.close();
  process.disconnect();
});
