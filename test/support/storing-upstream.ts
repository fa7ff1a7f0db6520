import { createServer } from 'node:http';

/** An upstream of the Responses wire that keeps its answers; what is to be made in the background is done when it is looked at again. */
export interface StoringUpstream {
  readonly url: string;
  /** Method, path and query of everything it was asked, and the id that each request went on from. */
  readonly asked: { readonly what: string; readonly previous: unknown; readonly key: string | undefined }[];
  close(): Promise<void>;
}

export async function startStoringUpstream(): Promise<StoringUpstream> {
  const asked: StoringUpstream['asked'] = [];
  const kept = new Map<string, Kept>();
  const server = createServer((req, res) => {
    let text = '';
    req.on('data', (piece: Buffer) => (text += piece.toString()));
    req.on('end', () => {
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      const { pathname } = new URL(req.url ?? '', 'http://upstream');
      const previous = body.previous_response_id;
      asked.push({ what: `${req.method} ${req.url}`, previous, key: req.headers.authorization });
      const answer = (status: number, value: object) => {
        res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      };
      const id = /^\/v1\/responses\/([^/]+)/.exec(pathname)?.[1];
      if (id === 'compact') return answer(200, { id: 'resp_compacted', object: 'response.compaction', output: [] });
      if (id !== undefined) {
        const found = kept.get(id);
        if (found === undefined) return answer(404, { error: { message: 'gone', type: 'invalid_request_error' } });
        if (pathname.endsWith('/input_items')) return answer(200, { object: 'list', data: [], has_more: false });
        if (req.method === 'DELETE') kept.delete(id);
        if (req.method === 'DELETE') return answer(200, { id, deleted: true });
        if (pathname.endsWith('/cancel')) kept.set(id, { ...found, status: 'cancelled' });
        else kept.set(id, NEXT[found.status]?.(found) ?? found);
        return answer(200, kept.get(id) ?? {});
      }
      const response = responseOf(`resp_upstream${kept.size}`, body);
      if (body.store !== false) kept.set(response.id, response);
      if (body.stream !== true) return answer(200, response);
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const [type, rest] of eventsOf(response)) {
        res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
      }
      res.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

const USAGE = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };

function responseOf(id: string, body: Record<string, unknown>) {
  return {
    id,
    object: 'response',
    status: body.background === true ? 'queued' : 'completed',
    created_at: 1_700_000_000,
    completed_at: null as number | null,
    model: body.model,
    previous_response_id: body.previous_response_id ?? null,
    output: [
      { type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: `I am ${id}` }] },
    ],
    usage: body.background === true ? null : USAGE,
  };
}

type Kept = ReturnType<typeof responseOf>;

const NEXT: Record<string, (response: Kept) => Kept> = {
  queued: (response) => ({ ...response, status: 'in_progress' }),
  in_progress: (response) => ({ ...response, status: 'completed', completed_at: 1_700_000_100, usage: USAGE }),
};

function eventsOf(response: object): [type: string, rest: object][] {
  return [
    ['response.created', { response }],
    ['response.output_text.delta', { output_index: 0, content_index: 0, item_id: 'msg_1', delta: 'Hello' }],
    ['response.completed', { response }],
  ];
}
