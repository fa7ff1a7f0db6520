/** A Claude's family and version, from any of the ways hosts spell it; undefined for other names. */
export function claudeOf(model: string): { readonly family: string; readonly version: number } | undefined {
  const name = model.toLowerCase();
  const newer = /(opus|sonnet|haiku|fable|mythos)-(\d)(?:[.-](\d{1,2}))?(?!\d)/.exec(name);
  if (newer?.[1] !== undefined) return { family: newer[1], version: Number(`${newer[2]}.${newer[3] ?? 0}`) };
  const older = /claude-(\d)(?:[.-](\d))?-(opus|sonnet|haiku)/.exec(name);
  return older?.[3] === undefined ? undefined : { family: older[3], version: Number(`${older[1]}.${older[2] ?? 0}`) };
}

/** Models that take no sampling parameters. Source: platform.claude.com/docs/en/about-claude/models/migration-guide. */
export function takesNoSampling(model: string): boolean {
  const claude = claudeOf(model);
  return claude !== undefined && (claude.version >= 5 || (claude.family === 'opus' && claude.version >= 4.7));
}

/** Models that take `temperature` or `top_p` but not both: 4.1 and later of Opus, 4.5 and later of the others. */
export function takesOneOfSampling(model: string): boolean {
  const claude = claudeOf(model);
  return claude !== undefined && claude.version >= (claude.family === 'opus' ? 4.1 : 4.5);
}

/** Models that think as they see fit and take no budget. */
export function thinksAdaptively(model: string): boolean {
  return takesNoSampling(model);
}

/** Models that may be told to think as they see fit. */
export function mayThinkAdaptively(model: string): boolean {
  const claude = claudeOf(model);
  return claude === undefined || claude.version >= 4.6;
}

/** Models that go on from an assistant's last message. */
export function takesPrefill(model: string): boolean {
  const claude = claudeOf(model);
  return claude === undefined || claude.version < 4.6;
}

/** Models that take a system's message in the middle. */
export function takesSystemMessages(model: string): boolean {
  const claude = claudeOf(model);
  return claude !== undefined && (claude.version >= 5 || (claude.family === 'opus' && claude.version >= 4.8));
}

/** Models that may be told how much effort to spend. */
export function takesEffort(model: string): boolean {
  const claude = claudeOf(model);
  return claude === undefined || claude.version >= 4.6 || (claude.family === 'opus' && claude.version >= 4.5);
}
