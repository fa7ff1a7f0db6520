import { createServer } from 'node:http';
import { createGateway, nodeListener } from '@portico/node';
import { plainConfig } from '../targets/gateway-config.mjs';
import { ANSWER, listening, readAll } from './answer.mjs';

export function mount(upstreamUrl) {
  return listening(createServer(nodeListener(createGateway(plainConfig(upstreamUrl)))), '/v1');
}

export function empty() {
  const server = createServer(async (request, response) => {
    await readAll(request);
    response.setHeader('content-type', 'application/json');
    response.end(ANSWER);
  });
  return listening(server, '/v1');
}
