import { FORMATS } from '../formats/index.js';
import { EXIT } from './errors.js';
import { formatTable } from './table.js';

/** `layergauge formats` */
export function formatsCommand(_argv: readonly string[], print: (line: string) => void): number {
  const rows = FORMATS.map(({ name, extensions, description }) => [name, extensions.join(' '), description]);
  const columns = ['format', 'files', 'what is read'].map((heading) => ({ heading, align: 'left' as const }));
  for (const line of formatTable(columns, rows)) print(line);
  return EXIT.ok;
}
