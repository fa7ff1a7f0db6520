import type { ConnectionSettings } from '@portico/core/provider';

/** A base URL split once, at start. */
export interface BaseUrl {
  /** `https://api.example.com` */
  readonly origin: string;
  /** Without a slash at its end: empty, or `/v1`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Splits a base URL, or throws a sentence about what is wrong with it. The first parameter is the provider's name,
 * for messages.
 */
export function parseBaseUrl(text: string, providerName: string): BaseUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error(`The base URL of ${providerName} must be complete, such as "https://api.example.com/v1".`);
  }
  // The URL itself is not repeated: the part before its @ is a credential.
  if (url.username !== '' || url.password !== '') {
    throw new Error(
      `The base URL of ${providerName} must not contain a user name or a password; set the credential as "apiKey".`,
    );
  }
  return { origin: url.origin, path: tidyPath(url.pathname), query: url.searchParams };
}

/** The base URL in the configuration, else the vendor's own. */
export function baseUrlOf(settings: ConnectionSettings, usual: string | undefined, providerName: string): BaseUrl {
  const text = settings.baseUrl ?? usual;
  if (text === undefined) throw new Error(`${providerName} has no base URL of its own. Set "baseUrl".`);
  return parseBaseUrl(text, providerName);
}

/** Path and query of an endpoint below a base URL; `extraQuery` takes precedence over the base URL's own. */
export function joinPath(base: BaseUrl, endpoint: string, extraQuery: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(base.query);
  for (const [name, value] of Object.entries(extraQuery)) query.set(name, value);
  const suffix = query.size === 0 ? '' : `?${query}`;
  return `${base.path}${endpoint}${suffix}`;
}

// Complete endpoint URLs are accepted too, because vendors' pages show those.
function tidyPath(path: string): string {
  const tidy = path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '');
  return tidy.replace(/\/(?:chat\/completions|completions|embeddings|messages|responses)$/, '');
}
