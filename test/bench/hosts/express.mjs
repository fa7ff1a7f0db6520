import { createServer } from 'node:http';
import { llmGateway } from '@portico/express';
import express from 'express';
import { plainConfig } from '../targets/gateway-config.mjs';
import { ANSWER, listening, readAll } from './answer.mjs';

export function mount(upstreamUrl) {
  return listening(createServer(express().use('/llm', llmGateway(plainConfig(upstreamUrl)))), '/llm/v1');
}

export function empty() {
  const app = express();
  app.use('/llm', async (request, response) => {
    await readAll(request);
    response.setHeader('content-type', 'application/json');
    response.end(ANSWER);
  });
  return listening(createServer(app), '/llm/v1');
}
