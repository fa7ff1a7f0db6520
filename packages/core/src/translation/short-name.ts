/** The limit of OpenAI and others for names of tools, in characters. */
const MAX_NAME = 64;

/**
 * A tool's name that every vendor takes: one that is too long ends in a hash of the whole. It is the same in every turn
 * of a conversation, and names that begin alike stay different.
 */
export function shortName(name: string): string {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 9)}_${shortHash(name)}`;
}

/** FNV-1a, eight digits. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
