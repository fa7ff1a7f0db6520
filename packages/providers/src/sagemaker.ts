import type { Codec, Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { classify } from './bedrock/classify.js';
import { guarded } from './bedrock/guarded-stream.js';
import { OPENAI_RULES } from './bedrock/openai-rules.js';
import { payloadPartFraming } from './bedrock/payload-part-framing.js';
import { regionOf } from './bedrock/region-of.js';
import { domainOf } from './bedrock/regions.js';
import { SIGN_IN_OPTIONS, signIn } from './bedrock/sign-in.js';
import { joinPath, parseBaseUrl } from './shared/base-url.js';
import { passThrough } from './shared/pass-through.js';
import { readOptions } from './shared/read-options.js';

const providerName = 'sagemaker_chat';

const plain = passThrough('chat.completions', { providerName }, OPENAI_RULES);

const chatCompletions: Codec = {
  encode: plain.encode,
  openStream: (target) => guarded(plain.openStream(target), providerName),
  framing: payloadPartFraming,
};

/**
 * SageMaker endpoints whose server has OpenAI's chat API, as those of Hugging Face and vLLM do
 * (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html). The model is the
 * endpoint's name. Options: `region`, and credentials, as for `bedrock`.
 */
export const sagemaker: Provider = {
  name: providerName,
  keyVariables: [],
  needsKey: false,
  codecs: { 'chat.completions': chatCompletions },
  connect,
  classify: (answer) => classify(answer, providerName),
};

function connect(settings: ConnectionSettings): Connection {
  const options = readOptions(settings, ['region', ...SIGN_IN_OPTIONS], providerName);
  const region = regionOf(settings, options, undefined, providerName);
  const base = parseBaseUrl(
    settings.baseUrl ?? `https://runtime.sagemaker.${region}.${domainOf(region)}`,
    providerName,
  );
  const path = (operation: string) => joinPath(base, `/endpoints/${encodeURIComponent(settings.model)}/${operation}`);
  return {
    origin: base.origin,
    paths: { 'chat.completions': path('invocations') },
    streamPaths: { 'chat.completions': path('invocations-response-stream') },
    ...signIn(settings, options, 'sagemaker', region, providerName),
  };
}
