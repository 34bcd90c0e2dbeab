import type { Assembly } from './assembly.js';

/**
 * What the reader took for granted: people train what they export, and export for evaluation. `tied`: how many parameters
 * were taken for other names of one, undefined where the file says which are.
 */
export function trainingAssumptions(
  { evaluated, assumptions, tensors }: Assembly,
  tied: number | undefined,
): readonly string[] {
  const all = [...assumptions];
  if (evaluated.size > 0) {
    const counts = [...evaluated].map(([type, count]) => `${type} (${count}x)`).join(' and ');
    all.push(`exported in evaluation mode: ${counts} taken as in training`);
  }
  const parameters = [...tensors.values()].filter(({ role }) => role === 'parameter');
  if (tied !== undefined && parameters.length > 0) {
    const what =
      tied === 0
        ? 'every parameter is counted by itself'
        : `${tied} that no layer reads taken for other names of parameters of the same shape`;
    all.push(`the file does not say which weights are tied: ${what}`);
  }
  return all;
}
