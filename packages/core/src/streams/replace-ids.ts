/** JSON text with some ids replaced. Only complete strings are: an id within a model's text is not changed. */
export function replaceIds(json: string, ids: ReadonlyMap<string, string>): string {
  let reported = json;
  for (const [id, publicId] of ids) {
    if (!PUNCTUATION.test(id)) reported = reported.replaceAll(JSON.stringify(id), JSON.stringify(publicId));
  }
  return reported;
}

/** The characters between the end of one string and the start of the next: not an id, although it is between quotes. */
const PUNCTUATION = /^[:,}\]\s](?:.*[:,{[\s])?$/s;
