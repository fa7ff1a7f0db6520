/** A file in Converse: the kind of its block, and the name of its format. */
export interface MediaFormat {
  readonly kind: 'image' | 'document' | 'video' | 'audio';
  readonly format: string;
}

/** By the type of the file, else by its name's extension; undefined if Converse does not support it. */
export function mediaFormat(mediaType: string, name: string | undefined): MediaFormat | undefined {
  const byType = BY_TYPE.get(mediaType);
  if (byType !== undefined) return byType;
  const ending = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(name ?? '')?.[1]?.toLowerCase();
  const byName = ending === undefined ? undefined : BY_ENDING.get(ending);
  return byName ?? (isText(mediaType) ? TEXT : undefined);
}

const TEXT: MediaFormat = { kind: 'document', format: 'txt' };

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || /^application\/(?:json|xml|yaml|x-yaml|x-ndjson)$/.test(mediaType);
}

const OFFICE = 'application/vnd.openxmlformats-officedocument';

type Row = readonly [
  kind: MediaFormat['kind'],
  format: string,
  types: readonly string[],
  /** Types that are named differently from the format. */
  endings?: readonly string[],
];

const FORMATS: readonly Row[] = [
  ['image', 'png', ['image/png']],
  ['image', 'jpeg', ['image/jpeg'], ['jpg', 'jpeg']],
  ['image', 'gif', ['image/gif']],
  ['image', 'webp', ['image/webp']],
  ['document', 'pdf', ['application/pdf']],
  ['document', 'csv', ['text/csv']],
  ['document', 'doc', ['application/msword']],
  ['document', 'docx', [`${OFFICE}.wordprocessingml.document`]],
  ['document', 'xls', ['application/vnd.ms-excel']],
  ['document', 'xlsx', [`${OFFICE}.spreadsheetml.sheet`]],
  ['document', 'html', ['text/html'], ['html', 'htm']],
  ['document', 'md', ['text/markdown', 'text/x-markdown']],
  ['document', 'txt', ['text/plain'], ['txt', 'json', 'xml', 'yaml', 'yml', 'log']],
  ['video', 'mp4', ['video/mp4']],
  ['video', 'mov', ['video/quicktime']],
  ['video', 'mkv', ['video/x-matroska']],
  ['video', 'webm', ['video/webm']],
  ['video', 'flv', ['video/x-flv']],
  ['video', 'mpeg', ['video/mpeg']],
  ['video', 'mpg', ['video/mpg']],
  ['video', 'wmv', ['video/x-ms-wmv']],
  ['video', 'three_gp', ['video/3gpp'], ['3gp']],
  ['audio', 'mp3', ['audio/mpeg', 'audio/mp3']],
  ['audio', 'wav', ['audio/wav', 'audio/x-wav', 'audio/wave']],
  ['audio', 'flac', ['audio/flac', 'audio/x-flac']],
  ['audio', 'ogg', ['audio/ogg']],
  ['audio', 'opus', ['audio/opus']],
  ['audio', 'aac', ['audio/aac']],
  ['audio', 'm4a', ['audio/mp4', 'audio/m4a', 'audio/x-m4a']],
];

const BY_TYPE: ReadonlyMap<string, MediaFormat> = new Map(
  FORMATS.flatMap(([kind, format, types]) => types.map((type) => [type, { kind, format }] as const)),
);
const BY_ENDING: ReadonlyMap<string, MediaFormat> = new Map(
  FORMATS.flatMap(([kind, format, , endings = [format]]) =>
    endings.map((ending) => [ending, { kind, format }] as const),
  ),
);
