import type { Assembly } from './assembly.js';

/** What the reader took for granted: people train what they export, and export for evaluation. */
export function trainingAssumptions(
  { evaluated, assumptions, tensors }: Assembly,
  hasPayloads: boolean,
): readonly string[] {
  const all = [...assumptions];
  if (evaluated.size > 0) {
    const counts = [...evaluated].map(([type, count]) => `${type} (${count}x)`).join(' and ');
    all.push(`exported in evaluation mode: ${counts} taken as in training`);
  }
  const parameters = [...tensors.values()].filter(({ role }) => role === 'parameter');
  if (!hasPayloads && parameters.length > 0) {
    all.push('the file does not say which weights are tied: every parameter is counted by itself');
  }
  return all;
}
