import { isDeepStrictEqual } from 'node:util';
import type { Constraints } from '../placement/constraints.js';
import { LABELS } from '../placement/inventory.js';
import type { Pod } from './pod.js';
import type { Provenance } from './provenance.js';

/** Where the user lets the pod run: what the pod says less what we wrote into it before. */
export function userConstraints(pod: Pod, ours: Provenance | undefined): Constraints {
  const { nodeSelector, affinity, tolerations } = pod.spec;
  const { product, requirements } = ours?.applied ?? { product: null, requirements: [] };
  const selector = Object.entries(nodeSelector ?? {}).filter(
    ([key, value]) => !(key === LABELS.product && value === product),
  );
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const theirs = terms.map((term) => ({
    ...term,
    matchExpressions: (term.matchExpressions ?? []).filter(
      (requirement) => !requirements.some((own) => isDeepStrictEqual(own, requirement)),
    ),
  }));
  // A term that held nothing but ours was not the user's at all.
  const kept = theirs.filter(
    ({ matchExpressions, matchFields }, index) =>
      matchExpressions.length + (matchFields ?? []).length > 0 || isEmptyBefore(terms[index]),
  );
  return {
    nodeSelector: Object.fromEntries(selector),
    terms: kept.length > 0 ? kept : undefined,
    tolerations: tolerations ?? [],
  };
}

type Term = NonNullable<Constraints['terms']>[number];

function isEmptyBefore(term: Term | undefined): boolean {
  return (term?.matchExpressions ?? []).length + (term?.matchFields ?? []).length === 0;
}
