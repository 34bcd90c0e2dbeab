import type { Constraints } from '../placement/constraints.js';
import { LABELS } from '../placement/inventory.js';
import { isSame } from './json.js';
import type { Pod } from './pod.js';
import type { Applied } from './provenance.js';
import { NOTHING_APPLIED } from './provenance.js';

/** Where the user lets the pod run: what the pod says less what we wrote into it before. */
export function userConstraints(pod: Pod, ours: Applied = NOTHING_APPLIED): Constraints {
  const { nodeSelector, nodeName, tolerations } = pod.spec;
  const selector = Object.entries(nodeSelector ?? {}).filter(
    ([key, value]) => !(key === LABELS.product && value === ours.product),
  );
  return {
    nodeName: nodeName ?? undefined,
    nodeSelector: Object.fromEntries(selector),
    terms: termsOf(pod, ours),
    tolerations: tolerations ?? [],
  };
}

/** Undefined where the user has no required node affinity; an empty list is one that nothing meets. */
function termsOf(pod: Pod, { requirements }: Applied): Constraints['terms'] {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return undefined;
  const terms = required.nodeSelectorTerms ?? [];
  const theirs = terms.map(({ matchExpressions, matchFields }) => ({
    matchExpressions: (matchExpressions ?? []).filter(
      (requirement) => !requirements.some((own) => isSame(own, requirement)),
    ),
    matchFields: matchFields ?? [],
  }));
  // A term that held nothing but ours was not the user's at all.
  const kept = theirs.filter((term, index) => sizeOf(term) > 0 || (terms[index]?.matchExpressions ?? []).length === 0);
  return kept.length === 0 && terms.length > 0 ? undefined : kept;
}

type Term = NonNullable<Constraints['terms']>[number];

function sizeOf({ matchExpressions, matchFields }: Term): number {
  return (matchExpressions ?? []).length + (matchFields ?? []).length;
}

/** How much there is to be compared with every node: terms, requirements, values, selectors and tolerations. */
export function complexityOf({ nodeSelector, terms = [], tolerations }: Constraints): number {
  const requirements = terms.flatMap(({ matchExpressions, matchFields }) => [
    ...(matchExpressions ?? []),
    ...(matchFields ?? []),
  ]);
  const values = requirements.reduce((sum, requirement) => sum + (requirement.values ?? []).length, 0);
  return terms.length + requirements.length + values + Object.keys(nodeSelector).length + tolerations.length;
}
