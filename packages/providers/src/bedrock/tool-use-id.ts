import { plainId } from '../anthropic/tool-ids.js';

/** The most is 64; some are left for the number of a copy. */
const LONGEST = 58;

/** A client's id of a tool call as Converse takes it. Of long ones the end is kept: that is where they differ. */
export function toolUseId(clientId: string): string {
  return plainId(clientId).slice(-LONGEST);
}
