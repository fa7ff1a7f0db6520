/** JSON text in which ids stand for others. Only whole strings are: what a model says of an id is left alone. */
export function renamed(json: string, ids: ReadonlyMap<string, string>): string {
  let told = json;
  for (const [id, shown] of ids) {
    if (!PUNCTUATION.test(id)) told = told.replaceAll(JSON.stringify(id), JSON.stringify(shown));
  }
  return told;
}

/** What can stand between the end of one string and the start of the next: no id, and in quotes it would be found there. */
const PUNCTUATION = /^[:,}\]\s](?:.*[:,{[\s])?$/s;
