import OpenAI from '/vendor/openai/index.mjs';

/**
 * The official client, pointed at the gateway this app has mounted. The key is a placeholder that the gateway knows to
 * ignore: the session cookie authorises the call. That is why running it in a browser is not dangerous here.
 */
export const openai = new OpenAI({
  baseURL: new URL('/llm/v1', location.origin).href,
  apiKey: 'session',
  dangerouslyAllowBrowser: true,
  // The gateway has tried again already wherever that helps.
  maxRetries: 0,
});
