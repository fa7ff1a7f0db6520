import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

interface StoredFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly content: string;
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** How many bytes of the body had come when the upstream first saw any. */
  readonly bytes: number;
}

/** A vendor of files and batches, as OpenAI spells them: it does a batch the moment it is asked about it a second time. */
export interface StoringProvider {
  readonly url: string;
  readonly asked: readonly Asked[];
  readonly files: Map<string, StoredFile>;
  readonly batches: Map<string, Record<string, unknown>>;
}

/** `usage`: what a batch says of itself when it is done; undefined where only its answers tell. */
export async function startStoringProvider(options: { readonly usage?: object } = {}): Promise<StoringProvider> {
  const asked: Asked[] = [];
  const files = new Map<string, StoredFile>();
  const batches = new Map<string, Record<string, unknown>>();
  let made = 0;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = '', url = '' } = req;
    const { pathname, searchParams } = new URL(url, 'http://vendor');
    const bytes = await buffer(req);
    asked.push({ method, url, headers: req.headers, bytes: bytes.length });
    const [, , collection = '', id = '', below = ''] = pathname.split('/');
    if (req.headers.authorization !== 'Bearer sk-upstream-000000000000000000000000') {
      return send(res, 401, failure(`Incorrect API key provided: ${req.headers.authorization ?? 'none'}`));
    }
    if (collection === 'files') {
      if (method === 'POST') return send(res, 200, described(await keep(bytes, req.headers['content-type'] ?? '')));
      if (id === '') return send(res, 200, page([...files.values()].map(described), searchParams));
      const file = files.get(id);
      if (file === undefined) return send(res, 404, failure(`No such File object: ${id}`));
      if (method === 'DELETE') {
        files.delete(id);
        return send(res, 200, { id, object: 'file', deleted: true });
      }
      if (below === 'content') {
        res.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'vendor=1' });
        res.end(file.content);
        return;
      }
      return send(res, 200, described(file));
    }
    if (collection !== 'batches') return send(res, 404, failure('Invalid URL'));
    if (method === 'POST' && id === '')
      return send(res, 200, create(JSON.parse(bytes.toString()) as Record<string, unknown>));
    if (id === '') return send(res, 200, page([...batches.values()], searchParams));
    const batch = batches.get(id);
    if (batch === undefined) return send(res, 404, failure(`No batch found with id '${id}'.`));
    if (below === 'cancel') batch.status = 'cancelling';
    else if (batch.status === 'in_progress') done(batch);
    else if (batch.status === 'validating') batch.status = 'in_progress';
    return send(res, 200, batch);
  }

  async function keep(bytes: Buffer, type: string): Promise<StoredFile> {
    // oxlint-disable-next-line typescript/no-deprecated -- forms of tests are small, and no client of it is a stranger
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
    const upload = form.get('file') as File;
    made += 1;
    const file = {
      id: `file-${made}`,
      filename: upload.name,
      purpose: form.get('purpose') as string,
      content: await upload.text(),
    };
    files.set(file.id, file);
    return file;
  }

  function create(body: Record<string, unknown>): Record<string, unknown> {
    made += 1;
    const batch = { id: `batch_${made}`, object: 'batch', ...body, status: 'validating', created_at: 1_700_000_000 };
    batches.set(batch.id, batch);
    return batch;
  }

  /** Each request is answered with two tokens for three. */
  function done(batch: Record<string, unknown>): void {
    const requests = files.get(String(batch.input_file_id))?.content.trim().split('\n') ?? [];
    const content = requests
      .map((line) => JSON.parse(line) as { custom_id: string; body: { model: string } })
      .map(({ custom_id, body }) => {
        const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
        return JSON.stringify({
          custom_id,
          response: { status_code: 200, body: { model: body.model, usage } },
          error: null,
        });
      })
      .join('\n');
    made += 1;
    const output = { id: `file-${made}`, filename: 'output.jsonl', purpose: 'batch_output', content };
    files.set(output.id, output);
    Object.assign(batch, {
      status: 'completed',
      output_file_id: output.id,
      completed_at: 1_700_000_100,
      request_counts: { total: requests.length, completed: requests.length, failed: 0 },
      ...(options.usage && { usage: options.usage }),
    });
  }

  // A body that is broken off is answered by nobody.
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { url: `http://127.0.0.1:${port}/v1`, asked, files, batches };
}

function described({ id, filename, purpose, content }: StoredFile) {
  return {
    id,
    object: 'file',
    bytes: content.length,
    created_at: 1_700_000_000,
    filename,
    purpose,
    status: 'processed',
  };
}

function page(all: readonly Record<string, unknown>[], query: URLSearchParams) {
  const start = all.findIndex(({ id }) => id === query.get('after')) + 1;
  const data = all.slice(start, start + Number(query.get('limit') ?? 20));
  return { object: 'list', data, has_more: start + data.length < all.length };
}

function failure(message: string) {
  return { error: { message, type: 'invalid_request_error', param: null, code: null } };
}

function send(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}
