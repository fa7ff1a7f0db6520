import { createServer } from 'node:http';
import { llmGateway } from '@portico/express';
import compression from 'compression';
import cors from 'cors';
import express from 'express';
import helmet from 'helmet';
import morgan from 'morgan';
import { plainConfig } from '../targets/gateway-config.mjs';
import { ANSWER, listening, NOWHERE, readAll } from './answer.mjs';

export function mount(upstreamUrl) {
  return listening(createServer(express().use('/llm', llmGateway(plainConfig(upstreamUrl)))), '/llm/v1');
}

/** Behind what people have in front. */
export function dressed(upstreamUrl) {
  const app = express();
  app.use(...inFront());
  app.use('/llm', llmGateway(plainConfig(upstreamUrl)));
  return listening(createServer(app), '/llm/v1');
}

export function inFront() {
  return [morgan('combined', { stream: NOWHERE }), helmet(), cors(), compression()];
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
