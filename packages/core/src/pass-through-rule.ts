import type { Deployment } from './deployment.js';
import type { ModelGroup } from './model-group.js';

/** Vendors' own paths that callers may use as they are. Made at boot, never changed. */
export interface PassThroughRule {
  /** Below the mount: `/openai`. */
  readonly prefix: string;
  readonly deployment: Deployment;
  readonly group: ModelGroup;
  readonly methods: ReadonlySet<string>;
  /** Each cut into its segments; `*` is any one, `**` at the end all that follow. */
  readonly paths: readonly (readonly string[])[];
  /** Lower-case names. */
  readonly headers: readonly string[];
  readonly costNanoUsd: number | undefined;
}

/**
 * Whether a path may be used. Undefined for one that is no plain path: whatever somebody on the way could take for another
 * than it says is not compared but refused (c07).
 */
export function mayPass({ paths }: PassThroughRule, path: string): boolean | undefined {
  if (!PLAIN.test(path)) return undefined;
  const segments = path.slice(1).split('/');
  if (segments.some((segment) => isTricky(segment))) return undefined;
  return paths.some((pattern) => fits(pattern, segments));
}

/** RFC 3986 §3.3, without what no API needs: two slashes in a row. */
const PLAIN = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\dA-Fa-f]{2})+)+\/?$/;

function isTricky(segment: string): boolean {
  let text = segment;
  // Twice: who decodes once more than we do must not find more than we do.
  for (let times = 0; times < 2; times += 1) {
    if (text === '.' || text === '..' || /[/\\\p{Cc}]/u.test(text)) return true;
    try {
      text = decodeURIComponent(text);
    } catch {
      return true;
    }
  }
  return text === '.' || text === '..' || /[/\\\p{Cc}]/u.test(text);
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const open = pattern.at(-1) === '**';
  if (open ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every(
    (wanted, at) => wanted === '*' || (open && at === pattern.length - 1) || wanted === segments[at],
  );
}
