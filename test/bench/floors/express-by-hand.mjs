import { pipeline } from 'node:stream/promises';
import express from 'express';
import { request } from 'undici';

/** Floor (c): what one writes by hand in Express. Parse, pick the key, forward, pipe the answer back. */
export async function start(upstreamUrl) {
  const models = { fast: { url: `${upstreamUrl}/v1/chat/completions`, model: 'gpt-4o-mini', apiKey: 'sk-bench' } };
  const app = express();
  app.use(express.json({ limit: '20mb' }));
  app.post('/llm/v1/chat/completions', async (req, res) => {
    const target = models[req.body.model];
    if (target === undefined) {
      res.status(404).json({ error: { message: 'No such model.' } });
      return;
    }
    const upstream = await request(target.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${target.apiKey}` },
      body: JSON.stringify({ ...req.body, model: target.model }),
    });
    res.status(upstream.statusCode);
    res.set('content-type', upstream.headers['content-type']);
    // A client that leaves is no news.
    await pipeline(upstream.body, res).catch(() => undefined);
  });
  const server = app.listen(0, '127.0.0.1', 1024);
  await new Promise((resolve) => server.on('listening', resolve));
  server.keepAliveTimeout = 60_000;
  return { url: `http://127.0.0.1:${server.address().port}/llm/v1` };
}
