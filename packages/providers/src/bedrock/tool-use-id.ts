import { plainId } from '../anthropic/tool-ids.js';

/** The maximum is 64; some are reserved for the number of a copy. */
const LONGEST = 58;

/**
 * A client's id of a tool call in the format of Converse. Of long ids the end is kept, because that is where they
 * differ.
 */
export function toolUseId(clientId: string): string {
  return plainId(clientId).slice(-LONGEST);
}
