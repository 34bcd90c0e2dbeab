/** One row of a corpus manifest (tab-separated, with a heading). */
export interface ManifestRow {
  readonly file: string;
  readonly format: string;
  readonly knownParams: number | undefined;
  readonly paramsTolerance: number;
  readonly knownGmacs: string;
}

export function readManifest(text: string): ManifestRow[] {
  const [heading = '', ...lines] = text.trimEnd().split('\n');
  const columns = heading.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    return {
      file: cell('file'),
      format: cell('format'),
      knownParams: cell('known_params') === '' ? undefined : Number(cell('known_params')),
      paramsTolerance: Number(cell('params_rel_tol') || '0'),
      knownGmacs: cell('known_gmacs_at_input'),
    };
  });
}

/** A published figure in GMACs: a range, and half a unit of its last digit. */
export interface PublishedMacs {
  readonly low: number;
  readonly high: number;
  readonly rounding: number;
}

/** `1.58-1.61@224`, `3.86@224 (stride in 1x1) / 4.09 torchvision v1.5`: each alternative with its precision. */
export function publishedMacs(text: string): PublishedMacs[] {
  return text.split(' / ').flatMap((alternative) => {
    const match = /^\s*(\d+\.\d+)(?:-(\d+\.\d+))?/.exec(alternative);
    if (!match?.[1]) return [];
    const digits = match[1].split('.')[1]?.length ?? 0;
    return [{ low: Number(match[1]), high: Number(match[2] ?? match[1]), rounding: 0.5 * 10 ** -digits }];
  });
}
