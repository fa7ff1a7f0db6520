import { llmGateway } from '@portico/express';
import express from 'express';
import { fullConfig } from './gateway-config.mjs';

export async function start(upstreamUrl) {
  const app = express();
  app.use('/llm', llmGateway(fullConfig(upstreamUrl)));
  const server = app.listen(0, '127.0.0.1', 1024);
  await new Promise((resolve) => server.on('listening', resolve));
  server.keepAliveTimeout = 60_000;
  return { url: `http://127.0.0.1:${server.address().port}/llm/v1` };
}
