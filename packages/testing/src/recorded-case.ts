import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line of a folder's index: the description of a recorded case. */
export interface CaseLine {
  readonly id: string;
  readonly provider: string;
  /** API format, such as `chat`, `messages` or `generate`. */
  readonly api: string;
  /** What the case is best for. */
  readonly kind: string;
  readonly stream: boolean;
  readonly status: number;
  readonly model: string;
  readonly tags: readonly string[];
  /** `raw`, `reserialised`, `reconstructed` or `documented`: how close the body is to what was sent. */
  readonly fidelity: string;
  /** Cases with the same pair ask the same question in several formats. */
  readonly pair?: unknown;
  /** No request was recorded. */
  readonly response_only?: boolean;
}

/** The content of a provider's recorded answer, in neutral terms. */
export interface ExpectedAnswer {
  readonly text?: string;
  readonly reasoning_text?: string;
  readonly refusal?: string;
  readonly tool_calls?: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly finish_native?: readonly string[];
  readonly usage_native?: unknown;
  readonly choices?: unknown;
  readonly streamed_function_args?: unknown;
}

/** One recorded exchange between a client and a provider. */
export interface RecordedCase {
  readonly id: string;
  readonly provider: string;
  readonly api: string;
  readonly kind: string;
  readonly stream: boolean;
  readonly model: string;
  readonly tags: readonly string[];
  readonly fidelity: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
    /** The body as bytes; `undefined` if none was recorded. */
    readonly bytes: Uint8Array | undefined;
    /** The body parsed; `undefined` if it is not JSON or was not recorded. */
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** The body as it was sent. */
    readonly bytes: Uint8Array;
  };
  /** For answers of models; `undefined` for errors and side endpoints. */
  readonly expected: ExpectedAnswer | undefined;
}

/** The matching recorded cases in a fixtures folder, from its `index.jsonl`. */
export function listCases(fixtures: string, fits: (line: CaseLine) => boolean = () => true): CaseLine[] {
  const lines = readFileSync(join(fixtures, 'index.jsonl'), 'utf8').split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as CaseLine) // The index is generated in this format.
    .filter(fits);
}

/** The ids of failures that were written from the providers' published references instead of recorded. */
export function listDocumentedErrors(fixtures: string): string[] {
  const folder = join(fixtures, DOCUMENTED);
  return readdirSync(folder).flatMap((provider) =>
    readdirSync(join(folder, provider)).map((name) => `${DOCUMENTED}/${provider}/${name}`),
  );
}

/** Reads one case by its id, such as `openai/chat-basic--gpt-4o-f719aa`. */
export function readCase(fixtures: string, id: string): RecordedCase {
  if (id.split('/').includes('..')) throw new Error(`"${id}" is not the id of a recorded case.`);
  const folder = join(fixtures, id.startsWith(`${DOCUMENTED}/`) ? '' : 'cases', id);
  const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as RecordedMeta; // Generated too.
  const { request, response, files } = meta;
  const requestBytes = files.request === undefined ? undefined : readBody(join(folder, files.request));
  return {
    id: meta.id,
    provider: meta.provider,
    api: meta.api,
    kind: meta.kind,
    stream: meta.stream,
    model: meta.model,
    tags: meta.tags ?? [],
    fidelity: meta.fidelity,
    request: {
      method: request?.method ?? 'POST',
      path: request?.path ?? '/',
      query: request?.query ?? {},
      headers: request?.headers ?? {},
      bytes: requestBytes,
      body: files.request?.endsWith('.json') ? JSON.parse(String(requestBytes)) : undefined,
    },
    response: {
      status: response.status,
      headers: { 'content-type': contentTypeOf(files.response), ...response.headers },
      bytes: readBody(join(folder, files.response)),
    },
    expected: meta.expected,
  };
}

interface RecordedMeta extends Omit<RecordedCase, 'request' | 'response'> {
  readonly request?: {
    readonly method?: string;
    readonly path?: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly response: { readonly status: number; readonly headers?: Readonly<Record<string, string>> };
  readonly files: { readonly request?: string; readonly response: string };
}

const DOCUMENTED = 'documented-errors';

function readBody(file: string): Buffer {
  const bytes = readFileSync(file);
  return file.endsWith('.b64') ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes;
}

// For the few recordings without a content type.
function contentTypeOf(file: string): string {
  if (file.endsWith('.sse')) return 'text/event-stream';
  if (file.endsWith('.ndjson')) return 'application/x-ndjson';
  if (file.endsWith('.eventstream.b64')) return 'application/vnd.amazon.eventstream';
  if (file.endsWith('.json')) return 'application/json';
  return file.endsWith('.txt') ? 'text/plain' : 'application/octet-stream';
}
