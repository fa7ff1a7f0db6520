/** Longest text of a vendor that is forwarded, in UTF-16 units. */
const MAX_LENGTH = 2000;

/**
 * Credentials as vendors repeat them: by scheme, by the vendors' prefixes, as a signed token, as one long run of
 * letters and digits.
 */
const CREDENTIALS = [
  /\b(?:Bearer|Basic)\s+[\w.~+/=*-]{4,}/gi,
  /\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|pplx|nvapi|csk|fw|r8|tgp)[-_][\w.*-]{6,}/g,
  /\bAIza[\w-]{20,}/g,
  /\beyJ[\w-]{10,}\.[\w.-]+/g,
  /\b(?=[a-zA-Z]*\d)[a-zA-Z\d]{32,}\b/g,
];

/** A vendor's message as a client may read it: without credentials, shortened, and empty if it is a web page. */
export function presentableText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // Shortened first: an upstream's text must not cost time here.
  let shown = text.slice(0, MAX_LENGTH * 2).trim();
  if (shown === '' || /^<|<(?:!doctype|html|head|body)\b/i.test(shown)) return undefined;
  for (const pattern of CREDENTIALS) shown = shown.replace(pattern, '[hidden]');
  return shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH)}…` : shown;
}
