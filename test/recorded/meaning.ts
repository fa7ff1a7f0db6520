// biome-ignore lint/suspicious/noExplicitAny: requests are compared field by field, whatever they hold.
export type Loose = any;

/**
 * What a request asks for in each dialect, without ids, bounds and how an earlier answer was worded: those are each
 * recording's own.
 */
export const MEANINGS: Readonly<Record<string, (body: Loose) => Loose>> = {
  'chat-completions': (body) => ({
    ...instructionsAndTurns(body.messages.flatMap(chatTurns)),
    tools: body.tools?.map(({ function: told }: Loose) =>
      toolOf(told.name, told.description, told.parameters, told.strict),
    ),
    choice: body.tool_choice?.function?.name ?? body.tool_choice,
    parallel: body.parallel_tool_calls,
    format: body.response_format?.json_schema?.schema ?? body.response_format?.type,
    effort: body.reasoning_effort,
    ...samplingOf(body),
    tier: body.service_tier,
  }),
  responses: (body) => ({
    ...instructionsAndTurns([
      ...(body.instructions ? [{ role: 'system', parts: [body.instructions] }] : []),
      ...(typeof body.input === 'string' ? [{ role: 'user', parts: [body.input] }] : body.input.flatMap(responseTurns)),
    ]),
    tools: body.tools?.map((told: Loose) =>
      toolOf(told.name ?? told.type, told.description, told.parameters, told.strict),
    ),
    choice: body.tool_choice?.name ?? body.tool_choice,
    parallel: body.parallel_tool_calls,
    format: body.text?.format?.schema ?? body.text?.format?.type,
    effort: body.reasoning?.effort,
    ...samplingOf(body),
    tier: body.service_tier,
  }),
  anthropic: (body) => ({
    ...instructionsAndTurns([
      ...(body.system ? [{ role: 'system', parts: textsIn(body.system) }] : []),
      ...body.messages.map(({ role, content }: Loose) => ({ role, parts: partsOf(content) })),
    ]),
    tools: body.tools?.map((told: Loose) => toolOf(told.name, told.description, told.input_schema, told.strict)),
    choice: body.tool_choice?.name ?? body.tool_choice?.type,
    parallel: body.tool_choice?.disable_parallel_tool_use !== true,
    format: body.output_config?.format?.schema,
    effort: [body.thinking?.type, body.output_config?.effort],
    ...samplingOf(body),
    stop: body.stop_sequences,
    tier: body.service_tier,
  }),
  google: (body) => ({
    ...instructionsAndTurns([
      ...(body.systemInstruction ? [{ role: 'system', parts: body.systemInstruction.parts.map(googlePart) }] : []),
      ...body.contents.map(({ role, parts = [] }: Loose) => ({
        role: role === 'model' ? 'assistant' : 'user',
        parts: parts.map(googlePart),
      })),
    ]),
    tools: body.tools?.flatMap(({ functionDeclarations = [], ...others }: Loose) => [
      ...functionDeclarations.map((told: Loose) =>
        toolOf(told.name, told.description, told.parametersJsonSchema ?? told.parameters, undefined),
      ),
      ...Object.keys(others),
    ]),
    choice: body.toolConfig?.functionCallingConfig?.mode,
    format: lowerCaseTypes(body.generationConfig?.responseJsonSchema ?? body.generationConfig?.responseSchema),
    mime: body.generationConfig?.responseMimeType,
    effort: body.generationConfig?.thinkingConfig !== undefined,
    temperature: body.generationConfig?.temperature,
    top: body.generationConfig?.topP,
    stop: body.generationConfig?.stopSequences,
  }),
};

/** Instructions apart from what is said, neighbours of one role as one. */
function instructionsAndTurns(told: readonly { role: string; parts: Loose[] }[]): Loose {
  const isInstruction = ({ role }: { role: string }) => role === 'system' || role === 'developer';
  const turns: { role: string; parts: Loose[] }[] = [];
  for (const { role, parts } of told.filter((turn) => !isInstruction(turn))) {
    const last = turns.at(-1);
    // How an answer was worded, and whether it came with words at all, is each model's own.
    const kept = role === 'assistant' ? parts.filter((part) => typeof part !== 'string') : parts;
    if (last?.role === role) last.parts.push(...kept);
    else turns.push({ role, parts: [...kept] });
  }
  return {
    system: told
      .filter(isInstruction)
      .flatMap(({ parts }) => parts)
      .join('\n'),
    turns,
  };
}

function samplingOf(body: Loose): Loose {
  return { temperature: body.temperature, top: body.top_p, stop: body.stop };
}

/** That a schema is closed where it is strict, and how types are capitalised, says nothing new. */
function toolOf(name: string, description: unknown, schema: Loose, strict: unknown): Loose {
  return { name, description, schema: lowerCaseTypes(schema), strict: strict === true };
}

function chatTurns({ role, content, tool_calls: calls = [] }: Loose): { role: string; parts: Loose[] }[] {
  if (role === 'tool') return [{ role: 'user', parts: [{ result: plain(content) }] }];
  return [
    { role, parts: [...partsOf(content ?? []), ...calls.map(({ function: told }: Loose) => ({ call: told.name }))] },
  ];
}

function responseTurns(item: Loose): { role: string; parts: Loose[] }[] {
  if (item.role !== undefined) return [{ role: item.role, parts: partsOf(item.content) }];
  if (item.type === 'function_call') return [{ role: 'assistant', parts: [{ call: item.name }] }];
  if (item.type === 'function_call_output') return [{ role: 'user', parts: [{ result: plain(item.output) }] }];
  return item.type === 'reasoning' ? [] : [{ role: 'assistant', parts: [{ item: item.type }] }];
}

function partsOf(content: Loose): Loose[] {
  if (typeof content === 'string') return content === '' ? [] : [content];
  return content.flatMap((part: Loose): Loose[] => {
    if (typeof part.text === 'string') return [part.text];
    if (part.type === 'thinking' || part.type === 'redacted_thinking') return [];
    if (part.type === 'tool_use') return [{ call: part.name }];
    if (part.type === 'tool_result') return [{ result: plain(part.content) }];
    return [{ shown: String(part.type).replace(/^input_|_url$/g, '') }];
  });
}

function textsIn(content: Loose): Loose[] {
  return typeof content === 'string' ? [content] : content.map(({ text }: Loose) => text);
}

function googlePart(part: Loose): Loose {
  if (part.functionCall) return { call: part.functionCall.name };
  if (part.functionResponse) return { result: part.functionResponse.name };
  return part.text ?? { shown: true };
}

function plain(content: Loose): string {
  return typeof content === 'string' ? content : textsIn(content ?? []).join('\n');
}

function lowerCaseTypes(schema: Loose): Loose {
  if (Array.isArray(schema)) return schema.map(lowerCaseTypes);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === 'type' && typeof value === 'string' ? value.toLowerCase() : lowerCaseTypes(value),
    ]),
  );
}

/** Where two values differ: the path, and both sides. */
export function differencesOf(ours: Loose, theirs: Loose, path = ''): [string, string][] {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return [];
  const areBoth = (is: (value: unknown) => boolean) => is(ours) && is(theirs);
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  if (!areBoth(isObject) || Array.isArray(ours) !== Array.isArray(theirs)) {
    return [[path, `${JSON.stringify(ours)?.slice(0, 120)} / ${JSON.stringify(theirs)?.slice(0, 120)}`]];
  }
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  return names.flatMap((name) => differencesOf(ours[name], theirs[name], path === '' ? name : `${path}.${name}`));
}
