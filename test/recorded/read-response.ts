import type OpenAI from 'openai';
import { nothingYet, parsed, type ReadAnswer } from './read-answer.js';

type Response = OpenAI.Responses.Response;
type Body = Record<string, unknown>;

/** Asks with the official client and reads the response, as an application would; a stream by its pieces and not by its end. */
export async function readResponse(openai: OpenAI, body: Body, stream: boolean): Promise<ReadAnswer> {
  // Recorded requests are more than the client's types know; the client sends what it is given.
  if (!stream)
    return readWhole(await openai.responses.create(body as OpenAI.Responses.ResponseCreateParamsNonStreaming));
  const answer = nothingYet();
  const calls = new Map<number, string>();
  let end: Response | undefined;
  const events = await openai.responses.create({
    ...(body as OpenAI.Responses.ResponseCreateParamsNonStreaming),
    stream: true,
  });
  for await (const event of events) {
    switch (event.type) {
      case 'response.output_text.delta':
        answer.text += event.delta;
        break;
      case 'response.refusal.delta':
        answer.refusal += event.delta;
        break;
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        answer.reasoning += event.delta;
        break;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        calls.set(event.output_index, (calls.get(event.output_index) ?? '') + event.delta);
        break;
      case 'response.completed':
      case 'response.incomplete':
        end = event.response;
    }
  }
  if (end === undefined) throw new Error('the stream has no end');
  const whole = readWhole(end);
  const pieces = [...calls.entries()].sort(([one], [other]) => one - other).map(([, text]) => text);
  const toolCalls = whole.toolCalls.map((call, at) => {
    const told = pieces[at];
    // Some vendors tell a call as a whole alone.
    if (told === undefined) return call;
    return { ...call, arguments: typeof call.arguments === 'string' ? told : parsed(told) };
  });
  return { ...answer, toolCalls, finish: whole.finish, usage: whole.usage, refusal: answer.refusal || whole.refusal };
}

function readWhole(response: Response): ReadAnswer {
  const answer = nothingYet();
  for (const item of response.output) {
    if (item.type === 'message') {
      for (const part of item.content) {
        if (part.type === 'output_text') answer.text += part.text;
        else answer.refusal += part.refusal;
      }
    } else if (item.type === 'reasoning') {
      const told = (item.content ?? []).map(({ text }) => text).join('');
      answer.reasoning += told || item.summary.map(({ text }) => text).join('');
    } else if (item.type === 'function_call') {
      answer.toolCalls.push({ name: item.name, arguments: parsed(item.arguments) });
    } else if (item.type === 'custom_tool_call') {
      answer.toolCalls.push({ name: item.name, arguments: item.input });
    }
  }
  const reason = response.incomplete_details?.reason;
  const complete = answer.toolCalls.length > 0 ? 'tool_calls' : 'stop';
  answer.finish = reason === 'max_output_tokens' ? 'length' : (reason ?? complete);
  const { usage } = response;
  answer.usage = usage ? { input: usage.input_tokens, output: usage.output_tokens } : undefined;
  return answer;
}
