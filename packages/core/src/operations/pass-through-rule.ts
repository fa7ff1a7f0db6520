import type { Deployment } from '../deployment.js';
import type { ModelGroup } from '../model-group.js';

/** Vendors' own paths that callers may use directly. Created at start, never changed. */
export interface PassThroughRule {
  /** Below the mount: `/openai`. */
  readonly prefix: string;
  readonly deployment: Deployment;
  readonly group: ModelGroup;
  readonly methods: ReadonlySet<string>;
  /** Each split into segments; `*` is any one, `**` at the end all that follow. */
  readonly paths: readonly (readonly string[])[];
  /** Lower-case names. */
  readonly headers: readonly string[];
  readonly costNanoUsd: number | undefined;
}

/**
 * Whether a path may be used. Undefined for a path that is not plain: one that a proxy could read as another path is
 * not compared but rejected.
 */
export function mayPass({ paths }: PassThroughRule, path: string): boolean | undefined {
  if (!PLAIN.test(path)) return undefined;
  const segments = path.slice(1).split('/');
  if (segments.some((segment) => isTricky(segment))) return undefined;
  return paths.some((pattern) => fits(pattern, segments));
}

/** RFC 3986 §3.3, without empty segments, which no API needs. */
const PLAIN = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\dA-Fa-f]{2})+)+\/?$/;

function isTricky(segment: string): boolean {
  let text = segment;
  // Twice, because a server may decode once more than the gateway does.
  for (let times = 0; times < 2; times += 1) {
    if (isOtherPath(text)) return true;
    try {
      text = decodeURIComponent(text);
    } catch {
      return true;
    }
  }
  return isOtherPath(text);
}

/** Tomcat, Jetty and Spring take what follows a `;` for parameters of the segment: to them `..;a` is `..`. */
function isOtherPath(segment: string): boolean {
  const [name] = segment.split(';', 1);
  return name === '.' || name === '..' || (name === '' && segment !== '') || /[/\\\p{Cc}]/u.test(segment);
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const open = pattern.at(-1) === '**';
  if (open ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every(
    (wanted, at) => wanted === '*' || (open && at === pattern.length - 1) || wanted === segments[at],
  );
}
