import type { ProviderLog } from './provider-log.js';
import { type RecordedCase, readCase } from './recorded-case.js';
import { seededRandom } from './seeded-random.js';
import { type Exchange, startProviderServer } from './serving/provider-server.js';

/** A provider that repeats recorded answers. */
export interface ReplayProvider {
  readonly origin: string;
  readonly port: number;
  /** The requests, to compare them with the recorded ones; `caseId` says which case answered. */
  readonly log: ProviderLog;
  /** A base URL that selects a case, whatever path a client adds. */
  caseUrl(id: string): string;
  close(): Promise<void>;
}

/** What to replay and how. */
export interface ReplayProviderOptions {
  /** Folder of recorded cases: `index.jsonl`, `cases/`, `documented-errors/`. */
  readonly fixtures: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /**
   * How the body is split into pieces: `whole`; `random` places, always including some inside characters, between CR
   * and LF, and single bytes; or single `bytes`. Default `random`.
   */
  readonly chunking?: 'whole' | 'random' | 'bytes';
  /** The places of `random` depend only on this and the case, so a failure can be repeated. Default 1. */
  readonly seed?: number;
  /** Closes the connection after this many bytes of the body. `undefined`, or more than there are: never. */
  readonly cutAtByte?: number | ((recorded: RecordedCase) => number | undefined);
}

/**
 * Starts a provider that replays recorded cases. A request selects its case by the header `x-replay-case: <id>` or by
 * its path, `/case/<id>/…`; the answer is the recorded status, headers and body.
 */
export async function startReplayProvider(options: ReplayProviderOptions): Promise<ReplayProvider> {
  const { host = '127.0.0.1', port = 0 } = options;
  const server = await startProviderServer({ host, port, respond: (exchange) => replay(exchange, options) });
  return {
    ...server,
    caseUrl: (id) => `${server.origin}/case/${id.split('/').map(encodeURIComponent).join('/')}`,
  };
}

async function replay({ request, reply }: Exchange, options: ReplayProviderOptions): Promise<void> {
  const header = request.headers['x-replay-case'];
  const id = typeof header === 'string' ? header : caseInPath(request.path);
  const recorded = id === undefined ? undefined : readIfThere(options.fixtures, id);
  if (recorded === undefined) {
    const message = `No recorded case "${id ?? ''}". Ask with the header x-replay-case or the path /case/<id>/…`;
    return reply.json(404, { error: { message, type: 'invalid_request_error', param: null, code: null } });
  }

  request.caseId = recorded.id;
  const { status, headers, bytes } = recorded.response;
  const cutAtByte = typeof options.cutAtByte === 'function' ? options.cutAtByte(recorded) : options.cutAtByte;
  const isCut = cutAtByte !== undefined && cutAtByte < bytes.length;
  if (options.chunking === 'whole' && !isCut) return reply.whole(status, headers, bytes);

  const sent = isCut ? bytes.subarray(0, cutAtByte) : bytes;
  reply.head(status, headers);
  for (const piece of piecesOf(sent, options, recorded.id)) await reply.write(piece);
  await (isCut ? reply.cut() : reply.end());
}

// An id has two parts, or three for documented errors; one encoded part may contain them all.
function caseInPath(path: string): string | undefined {
  const [, marker, first, second, third] = path.split('/');
  if (marker !== 'case' || first === undefined) return undefined;
  const start = decodeURIComponent(first);
  if (start.includes('/') || second === undefined) return start;
  const id = `${start}/${decodeURIComponent(second)}`;
  return start === 'documented-errors' && third !== undefined ? `${id}/${decodeURIComponent(third)}` : id;
}

function readIfThere(fixtures: string, id: string): RecordedCase | undefined {
  try {
    return readCase(fixtures, id);
  } catch {
    return undefined;
  }
}

function piecesOf(
  bytes: Uint8Array,
  { chunking = 'random', seed = 1 }: ReplayProviderOptions,
  id: string,
): Uint8Array[] {
  if (chunking === 'whole') return [bytes];
  const cuts = chunking === 'bytes' ? everyPlace(bytes) : randomPlaces(bytes, seededRandom(`${seed} ${id}`));
  return [...cuts, bytes.length].map((end, at) => bytes.subarray(cuts[at - 1] ?? 0, end));
}

function everyPlace(bytes: Uint8Array): number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, at) => at + 1);
}

const RANDOM_CUTS = 40;
const AWKWARD_CUTS = 20;

function randomPlaces(bytes: Uint8Array, random: () => number): number[] {
  const anywhere = () => 1 + Math.floor(random() * (bytes.length - 1));
  const places = new Set<number>();
  for (let cut = 0; cut < RANDOM_CUTS; cut++) places.add(anywhere());
  for (const run = { start: anywhere(), at: 0 }; run.at < 8; run.at++) places.add(run.start + run.at);
  const awkward = awkwardPlaces(bytes);
  for (let cut = 0; cut < AWKWARD_CUTS && awkward.length > 0; cut++) {
    places.add(awkward[Math.floor(random() * awkward.length)] ?? 1);
  }
  return [...places].filter((place) => place > 0 && place < bytes.length).sort((one, other) => one - other);
}

// Inside a UTF-8 character (before a continuation byte), and between CR and LF.
function awkwardPlaces(bytes: Uint8Array): number[] {
  const places: number[] = [];
  bytes.forEach((byte, at) => {
    if ((byte & 0xc0) === 0x80 || (byte === 0x0a && bytes[at - 1] === 0x0d)) places.push(at);
  });
  return places;
}
