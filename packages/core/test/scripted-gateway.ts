// Loaded before the first call and not by it: how long that takes is no matter of the fake clock.
import '@pydantic/genai-prices';
import { fakeClock } from '@portico/testing';
import { createGateway } from '../src/create-gateway.js';
import type { JsonObject } from '../src/encoding/json.js';
import { GatewayError } from '../src/errors.js';
import type { Gateway } from '../src/gateway.js';
import type { Principal } from '../src/principal.js';
import type { Provider } from '../src/provider.js';
import type { GatewayConfig } from '../src/settings/gateway-config.js';
import type { Transport, UpstreamRequest } from '../src/transport.js';
import type { UsageRecord } from '../src/usage/usage-record.js';

/** What a model of the scripted vendor does when it is asked. */
export interface Behaviour {
  /** HTTP status; default 200. */
  readonly status?: number;
  /** How long it takes to answer. */
  readonly afterMs?: number;
  readonly retryAfterMs?: number;
  /** What it streams: chunks of chat completions, then `[DONE]`. */
  readonly chunks?: readonly object[];
  /** Its stream breaks off before the `[DONE]`. */
  readonly breaks?: boolean;
}

export const QUESTION = { messages: [{ role: 'user', content: 'Hi' }] };

const ACME: Provider = {
  name: 'acme',
  needsKey: false,
  keyVariables: [],
  codecs: {
    'chat.completions': {
      encode: (request, target) => ({ ...request, model: target.model }),
      openStream: () => ({
        event(data, _name, out) {
          if (data === '[DONE]') return out.done();
          const said = textOf(data);
          out.produced(said.length);
          out.chunk(data, !data.includes('"role"'));
        },
        end() {},
      }),
    },
  },
  connect: () => ({
    origin: 'https://acme.example',
    paths: { 'chat.completions': '/v1/chat/completions' },
    headers: {},
  }),
  classify({ status, headers }) {
    const hint = headers.get('retry-after-ms');
    const retryAfterMs = hint === undefined ? undefined : Number(hint);
    if (status === 429) return new GatewayError('rate_limited', 'full', { retryAfterMs });
    if (status === 401) return new GatewayError('unauthorized_upstream', 'bad key');
    if (status === 400) return new GatewayError('invalid_input', 'bad input');
    if (status === 413) return new GatewayError('context_too_long', 'too long');
    if (status === 451) return new GatewayError('content_filtered', 'not that');
    if (status === 503) return new GatewayError('overloaded', 'busy', { retryAfterMs });
    return new GatewayError('upstream_error', 'broken');
  },
};

/**
 * A gateway whose vendor, `acme`, does what the test says of each of its models, on a clock that stands still. A model of
 * which nothing is said answers at once.
 */
export function scriptedGateway(config: { readonly models: Record<string, unknown>; readonly [key: string]: unknown }) {
  const clock = fakeClock(Date.UTC(2026, 5, 3, 12));
  const behaviours: Record<string, Behaviour> = {};
  const asked: string[] = [];
  const bodies: JsonObject[] = [];
  const aborted: string[] = [];
  const records: UsageRecord[] = [];
  const transport: Transport = {
    async send(request: UpstreamRequest) {
      const { model, stream } = JSON.parse(request.body as string) as { model: string; stream?: boolean };
      asked.push(model);
      bodies.push(JSON.parse(request.body as string) as JsonObject);
      const { status = 200, afterMs = 0, retryAfterMs, ...says } = behaviours[model] ?? {};
      if (afterMs > 0) await pause(afterMs, model, request);
      const headers = new Map([
        ['content-type', stream && status === 200 ? 'text/event-stream' : 'application/json'],
        ...(retryAfterMs === undefined ? [] : [['retry-after-ms', String(retryAfterMs)] as const]),
      ]);
      return {
        status,
        headers: { get: (name) => headers.get(name) },
        body: {
          start(sink) {
            const isStream = stream && status === 200;
            sink.bytes(new TextEncoder().encode(isStream ? streamOf(says) : answerOf(model)));
            if (isStream && says.breaks) sink.fail(new GatewayError('network', 'gone'));
            else sink.end();
          },
          pause() {},
          resume() {},
          cancel() {},
        },
      };
    },
    close: async () => {},
  };
  const gateway: Gateway = createGateway(
    {
      unknownPrice: 'allow',
      clock,
      transport,
      retries: { maxRetries: 0 },
      observers: [{ callEnded: (record: UsageRecord) => void records.push(record) }],
      ...config,
    } as unknown as GatewayConfig,
    { providers: [ACME], transport, environment: {} },
  );
  return { gateway, clock, asked, bodies, aborted, records, behaviours, ask, answered, failureOf };

  function pause(ms: number, model: string, { cancellation }: UpstreamRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = clock.after(ms, resolve);
      cancellation.onCancel((reason) => {
        stop();
        aborted.push(model);
        reject(reason);
      });
    });
  }

  /** The model that answered, as soon as one does. */
  function ask(model: string, more: JsonObject = {}, as: Principal = { id: 'ada' }): Promise<unknown> {
    return gateway.chat({ model, ...QUESTION, ...more }, { as }).then((answer) => answer.model);
  }

  /** The model that answered, with as much time passing as that takes. */
  async function answered(model: string, more?: JsonObject, as?: Principal): Promise<unknown> {
    return await passing(ask(model, more, as));
  }

  async function failureOf(model: string, more?: JsonObject, as?: Principal): Promise<GatewayError> {
    return await passing(
      ask(model, more, as).then(
        (answer) => {
          throw new TypeError(`${String(answer)} answered`);
        },
        (error: unknown) => error as GatewayError,
      ),
    );
  }

  async function passing<T>(answer: Promise<T>): Promise<T> {
    let isOver = false;
    const done = answer.finally(() => {
      isOver = true;
    });
    done.catch(() => {});
    for (let step = 0; step < 1_000 && !isOver; step += 1) await clock.advance(step < 20 ? 0 : 50);
    return await done;
  }
}

const HELLO: readonly object[] = [{ content: 'Hello' }];

function streamOf({ chunks = HELLO, breaks = false }: Behaviour): string {
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('');
  return breaks ? events : `${events}data: [DONE]\n\n`;
}

function textOf(data: string): string {
  return /"content":"([^"]*)"/.exec(data)?.[1] ?? '';
}

function answerOf(model: string): string {
  return JSON.stringify({
    model,
    choices: [{ message: { content: 'Hello' } }],
    usage: { prompt_tokens: 20, completion_tokens: 10 },
  });
}
