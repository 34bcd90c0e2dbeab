/** Comma-separated values with quotes (RFC 4180), each row by the names of the first one. */
export function readCsv(text: string): Readonly<Record<string, string>>[] {
  const [names = [], ...rows] = recordsOf(text);
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])));
}

function recordsOf(text: string): string[][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(fieldOf));
}

function fieldOf([, quoted, plain]: RegExpMatchArray): string {
  return quoted?.replaceAll('""', '"') ?? plain ?? '';
}
