import type { IncomingMessage, ServerResponse } from 'node:http';
import { modelsOfCaller, requestAsCaller } from './request-as-caller.js';
import { sendJson } from './send-json.js';
import type { ServedConfig } from './served.js';

/** Longest time for the answer of a model. */
const PROBE_MS = 30_000;

/**
 * `/health/liveliness`: the process answers. `/health/readiness`: it accepts calls. Both are open. `/health` sends a
 * tiny request to each model of the caller, which costs the caller a few tokens.
 */
export async function answerHealth(req: IncomingMessage, res: ServerResponse, served: ServedConfig): Promise<void> {
  const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
  if (path === '/health/liveliness' || path === '/health/liveness') return sendJson(res, 200, "I'm alive!");
  if (path === '/health/readiness') {
    if (served.gateway.isClosing) return sendJson(res, 503, { status: 'shutting down' });
    return sendJson(res, 200, { status: 'healthy', models: served.gateway.modelNames.length });
  }
  if (path !== '/health') {
    const message = `${path} is not an endpoint. Available: /health, /health/liveliness and /health/readiness.`;
    return sendJson(res, 404, { error: { message, type: 'invalid_request_error', param: null, code: 'not_found' } });
  }

  const models = await modelsOfCaller(served, req);
  if ('status' in models) return sendJson(res, models.status, models.body);
  const wanted = new URL(req.url ?? '/', 'http://localhost').searchParams.get('model');
  const asked = wanted === null ? models : models.filter((model) => model === wanted);
  const left = new AbortController();
  res.once('close', () => left.abort());
  const signal = AbortSignal.any([left.signal, AbortSignal.timeout(PROBE_MS)]);
  const probes = await Promise.all(asked.map((model) => probe(model, served, req, signal)));
  const healthy = probes.filter(({ error }) => error === undefined);
  const unhealthy = probes.filter(({ error }) => error !== undefined);
  sendJson(res, 200, {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
  });
}

interface Probe {
  readonly model: string;
  readonly error?: string;
}

async function probe(model: string, served: ServedConfig, req: IncomingMessage, signal: AbortSignal): Promise<Probe> {
  const mode = served.loaded.modelInfo.find(({ model_name }) => model_name === model)?.model_info.mode;
  const [path, body] =
    mode === 'embedding'
      ? ['/v1/embeddings', { model, input: 'ping' }]
      : mode === 'completion'
        ? ['/v1/completions', { model, prompt: 'ping', max_tokens: 1 }]
        : ['/v1/chat/completions', { model, messages: [{ role: 'user', content: 'ping' }], max_tokens: 16 }];
  try {
    const answer = await requestAsCaller(served, req, path, body, signal);
    const value = (await answer.json()) as { readonly error?: { readonly message?: string } };
    return answer.ok ? { model } : { model, error: value.error?.message ?? `status ${answer.status}` };
  } catch (error) {
    return { model, error: error instanceof Error ? error.message : 'no answer' };
  }
}
