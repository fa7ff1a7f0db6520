import type { ConnectionSettings } from '@portico/core';

/** A base URL taken apart once, at boot. */
export interface BaseUrl {
  /** `https://api.example.com` */
  readonly origin: string;
  /** Without a slash at its end: empty, or `/v1`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Takes a base URL apart, or says in a sentence what is wrong with it. `who` is the provider's name. */
export function parseBaseUrl(text: string, who: string): BaseUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error(`The base URL of ${who} must be complete, such as "https://api.example.com/v1".`);
  }
  // The URL itself is not repeated: what stands before its @ is a credential.
  if (url.username !== '' || url.password !== '') {
    throw new Error(`The base URL of ${who} must not hold a user name or a password; give the credential as "apiKey".`);
  }
  return { origin: url.origin, path: tidyPath(url.pathname), query: url.searchParams };
}

/** The base URL that the configuration names, else the vendor's own. */
export function baseUrlOf(settings: ConnectionSettings, usual: string | undefined, who: string): BaseUrl {
  const text = settings.baseUrl ?? usual;
  if (text === undefined) throw new Error(`${who} has no base URL of its own. Set "baseUrl".`);
  return parseBaseUrl(text, who);
}

/** Path and query of an endpoint below a base URL; `extraQuery` wins over the base URL's own. */
export function joinPath(base: BaseUrl, endpoint: string, extraQuery: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(base.query);
  for (const [name, value] of Object.entries(extraQuery)) query.set(name, value);
  const suffix = query.size === 0 ? '' : `?${query}`;
  return `${base.path}${endpoint}${suffix}`;
}

// Whole endpoint addresses are accepted too, since vendors' pages show those.
function tidyPath(path: string): string {
  const tidy = path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '');
  return tidy.replace(/\/(?:chat\/completions|completions|embeddings|messages|responses)$/, '');
}
