// A host that stops as hosts should: run as a process of its own by the house suite. Takes the provider's URL as its
// argument; tells its parent the port, every usage record, and when the gateway has closed. Ends by itself, or not at all.
import { llmGateway } from '@portico/express';
import express from 'express';

const [, , baseUrl, graceMs] = process.argv;
const gateway = llmGateway({
  models: { chat: [{ model: 'openai/steered', baseUrl, apiKey: 'sk-0000' }] },
  anonymous: { id: 'ada' },
  unknownPrice: 'allow',
  sinks: [
    {
      async record(batch) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        for (const record of batch) process.send({ record });
      },
    },
  ],
});
const app = express();
app.use('/llm', gateway);
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.once('SIGTERM', async () => {
  await gateway.close({ graceMs: Number(graceMs) });
  process.send({ closed: true });
  server.close();
  process.disconnect();
});
