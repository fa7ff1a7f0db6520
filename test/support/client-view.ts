import type { FailureKind } from '@portico/core';
import type { Mounted } from './mounts.js';

/** What an official client made of a call, and what came over the wire. Whatever the wire, in the words of chat completions. */
export interface ClientView {
  /** A whole answer, an error instead of one, or an error after its beginning. */
  readonly ended: 'answer' | 'error' | 'broken off';
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came. */
  readonly raw: string;
  readonly content: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReasons: readonly string[];
  /** The tokens of the output each time usage was told; of streams alone. */
  readonly usages: readonly number[];
  /** How often a stream opened. */
  readonly openings: number;
  readonly error: ErrorView | undefined;
}

/** An error in the wire's own place and words. */
export interface ErrorView {
  readonly kind: FailureKind;
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

export interface ToolCall {
  readonly name: string;
  /** The pieces its arguments came in. */
  readonly pieces: readonly string[];
}

export interface Question {
  readonly model: string;
  readonly stream: boolean;
  readonly [parameter: string]: unknown;
}

/** What one client makes of its answer, but for the wire. */
type Heard = Pick<ClientView, 'content' | 'toolCalls' | 'finishReasons' | 'usages' | 'openings'>;

interface Client<Failure extends Error> {
  /** Asks, by the given `fetch`, and tells what it hears as it comes: what was heard before a failure counts. */
  ask(fetchOfIts: typeof fetch): Promise<void>;
  heard(): Heard;
  readonly failure: abstract new (...given: never[]) => Failure;
  errorOf(failure: Failure): ErrorView;
  /** Whether a stream's events end as they must. */
  endsWell(events: readonly string[], failed: boolean): boolean;
}

/**
 * Asks by an official client, and says what both the client and the wire had. Throws where a stream is not spelled as it must
 * be: whole events, then either its end or one error, and nothing after.
 */
export async function viewOf<Failure extends Error>(
  mounted: Mounted,
  { stream }: Question,
  client: Client<Failure>,
): Promise<ClientView> {
  let response: Response | undefined;
  let copy: Promise<string> | undefined;
  let failure: Failure | undefined;
  try {
    await client.ask(async (input, init) => {
      response = await mounted.fetch(input, init);
      copy = response.clone().text();
      return response;
    });
  } catch (thrown) {
    if (!(thrown instanceof client.failure) || response === undefined) throw thrown;
    failure = thrown;
  }
  if (response === undefined || copy === undefined) throw new Error('The client did not ask.');
  const raw = await copy;
  const streamed = response.status === 200 && stream;
  if (streamed && !(raw.endsWith('\n\n') && client.endsWell(eventsIn(raw), failure !== undefined))) {
    throw new Error(`The stream ended badly: …${raw.slice(-300)}`);
  }
  return {
    ended: failure === undefined ? 'answer' : streamed ? 'broken off' : 'error',
    status: response.status,
    headers: response.headers,
    raw,
    ...client.heard(),
    error: failure && client.errorOf(failure),
  };
}

/** The data of each event of a stream, in order. */
export function eventsIn(raw: string): string[] {
  return raw.split('\n\n').flatMap((event) => /^(?:event: .*\n)?data: (.*)$/.exec(event)?.[1] ?? []);
}

/** Whether named events end by one of these, or by an error: one of them at most, and nothing after it. */
export function namedEventsEndWell(events: readonly string[], ends: readonly string[], failed: boolean): boolean {
  const types = events.map((event) => /^\{\s*"type":\s*"([\w.]+)"/.exec(event)?.[1] ?? '');
  const last = [...ends, 'error'].filter((end) => types.includes(end));
  const well = failed ? ['error'] : ends;
  return last.length === 1 && well.includes(last[0] as string) && types.indexOf(last[0] as string) === types.length - 1;
}
