import { GatewayError } from '../../src/errors.js';
import type { Gateway } from '../../src/gateway.js';
import type { IncomingBody, IncomingRequest } from '../../src/incoming-request.js';
import type { Principal } from '../../src/principal.js';
import type { EventsSource, Reply } from '../../src/reply.js';
import type { PlannedCall } from './plan.js';
import { afterMicrotasks, type Turns } from './turns.js';

/** What a client has of its call. */
export interface ClientSide {
  readonly planned: PlannedCall;
  readonly principal: Principal;
  reply: Reply | undefined;
  text: string;
  /** How often its stream ended or failed. */
  ends: number;
  fails: number;
  /** What came after its stream had ended, or after it had left. */
  surplus: number;
  isClientGone: boolean;
  isDone: boolean;
  /** The listeners of the gateway for a client that leaves. */
  readonly leavers: (() => void)[];
}

/** The ids that a caller has of what was stored for it. */
export interface Kept {
  response: string | undefined;
  file: string | undefined;
}

/** Makes one call as a mount does, and reads its answer as a socket would. */
export function startClient(
  planned: PlannedCall,
  principal: Principal,
  kept: Kept,
  gateway: Pick<Gateway, 'handle'>,
  turns: Turns,
): ClientSide {
  const side: ClientSide = {
    planned,
    principal,
    reply: undefined,
    text: '',
    ends: 0,
    fails: 0,
    surplus: 0,
    isClientGone: false,
    isDone: false,
    leavers: [],
  };
  const { leaves } = planned;
  void gateway.handle(requestOf(planned, principal, kept, side)).then((reply) => arrived(reply));
  if (leaves !== undefined) turns.after(leaves.afterMs, leaves.late, leave);
  return side;

  function arrived(reply: Reply | undefined): void {
    if (reply === undefined) throw new TypeError('The path is not one of the gateway.');
    side.reply = reply;
    if (reply.kind === 'whole') {
      side.text = typeof reply.body === 'string' ? reply.body : new TextDecoder().decode(reply.body);
      side.isDone = true;
      if (reply.status === 200) keep(side.text, kept, planned);
      return;
    }
    afterMicrotasks(planned.startsLate, () => read(reply.body));
  }

  function read(source: EventsSource): void {
    if (side.isDone) return;
    const late = () => side.ends + side.fails > 0 || (side.isDone && leaves?.by !== 'gone');
    source.start({
      write(events) {
        if (late()) side.surplus += 1;
        side.text += typeof events === 'string' ? events : new TextDecoder().decode(events);
        keep(side.text, kept, planned);
        if (planned.reader === 'fast') return;
        source.pause();
        if (planned.reader === 'slow') turns.after(20, 0, () => source.resume());
      },
      end() {
        if (late()) side.surplus += 1;
        side.ends += 1;
        side.isDone = true;
      },
      fail() {
        if (late()) side.surplus += 1;
        side.fails += 1;
        side.isDone = true;
      },
    });
  }

  function leave(): void {
    if (side.isDone) return;
    side.isClientGone = true;
    const { reply } = side;
    // Until its answer has begun, a client can only be missed by the mount's listener.
    const by = reply?.kind === 'events' ? leaves?.by : 'gone';
    if (by !== 'cancel') for (const leaver of side.leavers) leaver();
    if (reply?.kind === 'events' && by !== 'gone') {
      side.isDone = true;
      reply.body.cancel(new GatewayError('client_closed', 'The client disconnected.'));
    }
  }
}

function keep(text: string, kept: Kept, { asks }: PlannedCall): void {
  if (asks === 'responses') kept.response = /"id":"(resp_[\w-]{20,})"/.exec(text)?.[1] ?? kept.response;
  if (asks === 'upload') kept.file = /"id":"(file-[\w-]{20,})"/.exec(text)?.[1] ?? kept.file;
}

function requestOf(planned: PlannedCall, principal: Principal, kept: Kept, side: ClientSide): IncomingRequest {
  const { method = 'POST', path, query, body = { kind: 'parsed', value: undefined }, type } = targetOf(planned, kept);
  return {
    method,
    path,
    query,
    header: (name) => (name === 'content-type' ? type : undefined),
    ip: undefined,
    authority: undefined,
    host: {},
    principal,
    body,
    onClientGone: (listener) => void side.leavers.push(listener),
  };
}

interface Target {
  readonly method?: string;
  readonly path: string;
  readonly query?: string;
  readonly body?: IncomingBody;
  readonly type?: string;
}

function targetOf({ asks, stream, store, continues, wantsUsage, group }: PlannedCall, kept: Kept): Target {
  const model = `g${group}`;
  const said = [{ role: 'user', content: 'Hi' }];
  const json = (path: string, value: object): Target => ({
    path,
    body: { kind: 'parsed', value: { model, ...value } },
    type: 'application/json',
  });
  if (asks === 'chat') {
    const usage = stream && wantsUsage ? { stream_options: { include_usage: true } } : {};
    return json('/v1/chat/completions', { messages: said, stream, ...usage });
  }
  if (asks === 'messages') return json('/v1/messages', { messages: said, stream, max_tokens: 1_000 });
  if (asks === 'embeddings') return json('/v1/embeddings', { input: 'Hi' });
  if (asks === 'responses') {
    const before = continues && kept.response !== undefined ? { previous_response_id: kept.response } : {};
    return json('/v1/responses', { input: 'Hi', stream, store, ...before });
  }
  if (asks === 'stored') {
    return { method: continues ? 'GET' : 'DELETE', path: `/v1/responses/${kept.response ?? 'resp_none'}` };
  }
  if (asks === 'files') return { method: 'GET', path: '/v1/files', query: `model=${model}` };
  if (asks === 'file') return { method: 'GET', path: `/v1/files/${kept.file ?? 'file-none'}/content` };
  return uploadOf(model);
}

function uploadOf(model: string): Target {
  const field = (name: string, value: string) =>
    `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHi\r\n--x--\r\n';
  const bytes = new TextEncoder().encode(field('purpose', 'user_data') + field('model', model) + file);
  return {
    path: '/v1/files',
    body: { kind: 'bytes', read: async () => bytes },
    type: 'multipart/form-data; boundary=x',
  };
}
