import OpenAI from 'openai';
import {
  type ClientView,
  type ErrorView,
  namedEventsEndWell,
  type Question,
  type ToolCall,
  viewOf,
} from './client-view.js';
import type { Mounted } from './mounts.js';

type Response = OpenAI.Responses.Response;
type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

const ENDS = ['response.completed', 'response.incomplete'];

/** Asks for a response with the official client. */
export function askResponses(mounted: Mounted, question: Question): Promise<ClientView> {
  const events: StreamEvent[] = [];
  let whole: Response | undefined;
  return viewOf<InstanceType<typeof OpenAI.APIError>>(mounted, question, {
    async ask(fetch) {
      const openai = new OpenAI({ baseURL: mounted.baseUrl, apiKey: 'unused', maxRetries: 0, fetch });
      const request = { input: 'Hi', ...question } as unknown as OpenAI.Responses.ResponseCreateParams;
      const answer = await openai.responses.create(request);
      if ('output' in answer) whole = answer;
      else for await (const event of answer) events.push(event);
    },
    heard() {
      const ended = events.flatMap((event) => ('response' in event && ENDS.includes(event.type) ? event.response : []));
      return {
        content: whole
          ? whole.output_text
          : events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join(''),
        toolCalls: whole ? wholeCalls(whole) : joinedCalls(events),
        finishReasons: ended.map(finishOf),
        usages: ended.flatMap(({ usage }) => usage?.output_tokens ?? []),
        openings: events.filter(({ type }) => type === 'response.created').length,
      };
    },
    failure: OpenAI.APIError,
    errorOf: ({ error }) => error as ErrorView,
    endsWell: (told, failed) => namedEventsEndWell(told, ENDS, failed) && (!failed || isToldFlat(told.at(-1))),
  });
}

/** An error in a stream says what it is without an object around it. */
function isToldFlat(event = ''): boolean {
  const { code, message } = JSON.parse(event) as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'string' && typeof message === 'string';
}

function finishOf({ status, output }: Response): string {
  if (status !== 'completed') return 'length';
  return output.some(({ type }) => type === 'function_call') ? 'tool_calls' : 'stop';
}

function wholeCalls({ output }: Response): ToolCall[] {
  return output.flatMap((item) =>
    item.type === 'function_call' ? [{ name: item.name, pieces: [item.arguments] }] : [],
  );
}

function joinedCalls(events: readonly StreamEvent[]): ToolCall[] {
  const calls = new Map<number, { name: string; pieces: string[] }>();
  for (const event of events) {
    if (event.type === 'response.output_item.added' && event.item.type === 'function_call') {
      calls.set(event.output_index, { name: event.item.name, pieces: [] });
    } else if (event.type === 'response.function_call_arguments.delta') {
      calls.get(event.output_index)?.pieces.push(event.delta);
    }
  }
  return [...calls.values()];
}
