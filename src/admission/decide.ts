import type { PlacementResult } from '../placement/place.js';
import { placeWhole } from '../placement/place.js';
import { foreignAccelerator } from './accelerators.js';
import { WRITTEN } from './annotations.js';
import type { Intent } from './annotations.js';
import { checkPatch } from './check.js';
import type { ChosenContainer } from './container.js';
import { gpuCountOf } from './ownership.js';
import type { GpuCount } from './ownership.js';
import { PatchBuilder } from './patch-builder.js';
import { controllerOf } from './pod.js';
import type { Pod } from './pod.js';
import type { AdmissionPorts } from './ports.js';
import { readProvenance } from './provenance.js';
import type { Provenance } from './provenance.js';
import { estimateAnnotation, inputsHash, needOf, statusSentence } from './report.js';
import type { SizedModel } from './sized-model.js';
import type { Decision } from './types.js';
import { userConstraints } from './user-constraints.js';
import { warning } from './warnings.js';
import { NOTHING_APPLIED, writeCount, writePlacement } from './write-pod.js';
import type { Applied } from './write-pod.js';

export interface Case {
  readonly pod: Pod;
  /** The pod as it came, with everything that is not read. */
  readonly object: unknown;
  readonly intent: Intent;
  readonly container: ChosenContainer;
  readonly sized: SizedModel;
}

/** A sized model and a pod → the patch, with everything it says to the user. */
export function decide(given: Case, ports: AdmissionPorts): Decision {
  const { pod, object, intent, container, sized } = given;
  const ours = readProvenance(pod);
  const count = gpuCountOf(pod, container, ours);
  const original: Provenance['original'] = { count: count.by === 'user' ? count.count : null };
  const hash = inputsHash(pod, sized, original);
  const result = reasonToAdvise(given, count) ?? place(given, { ours, hash }, ports);
  const outcome = outcomeOf(result, { intent, count });
  const need = needOf(sized, result.kind === 'place' ? result.placement : {});
  const patch = new PatchBuilder(object);
  writePlacement(patch, { before: ours?.applied ?? NOTHING_APPLIED, after: outcome.applied });
  if (outcome.count !== null) writeCount(patch, container, outcome.count);
  const provenance = { container: container.name, original, applied: outcome.applied, inputsHash: hash };
  const annotations = ['metadata', 'annotations'] as const;
  patch.set([...annotations, WRITTEN.estimate], estimateAnnotation(sized, need, provenance, ports.version));
  patch.set([...annotations, WRITTEN.status], statusSentence(sized, need, outcome.sentence));
  checkPatch(object, patch.operations, outcome.count === null ? undefined : container.index);
  return {
    kind: 'patch',
    operations: patch.operations,
    warnings: outcome.warnings.map(warning),
    auditAnnotations: { status: outcome.sentence, 'upper-bytes': String(need.upperBytes), 'inputs-hash': hash },
  };
}

/** Where the pod is somebody else's to place, only say what it needs. */
function reasonToAdvise({ pod }: Case, count: GpuCount): PlacementResult | undefined {
  const foreign = foreignAccelerator(pod);
  if (foreign !== undefined) {
    return { kind: 'advise', code: 'OTHER_ACCELERATOR', reason: `the pod already asks for ${foreign}` };
  }
  if (count.by === 'limit-range') {
    return { kind: 'advise', code: 'LIMIT_RANGE', reason: 'a LimitRange of the namespace allows no nvidia.com/gpu' };
  }
  if (count.by === 'unreadable') {
    return { kind: 'advise', code: 'COUNT_UNREADABLE', reason: 'its nvidia.com/gpu is no whole number' };
  }
  return undefined;
}

function place(
  { pod, intent, sized }: Case,
  { ours, hash }: { ours: Provenance | undefined; hash: string },
  ports: AdmissionPorts,
): PlacementResult {
  const compute = (): PlacementResult =>
    placeWhole({
      needs: sized.onGpus,
      nodes: ports.nodes(),
      constraints: userConstraints(pod, ours),
      ...(intent.targetStepSeconds !== undefined && { targetStepSeconds: intent.targetStepSeconds }),
    });
  const controller = controllerOf(pod);
  return controller === undefined ? compute() : ports.pinned(`${controller} ${hash}`, compute);
}

interface Outcome {
  readonly applied: Applied;
  /** The GPU count to write; null where the field is left as it is. */
  readonly count: number | null;
  readonly sentence: string;
  readonly warnings: readonly string[];
}

function outcomeOf(result: PlacementResult, { intent, count }: { intent: Intent; count: GpuCount }): Outcome {
  const nothing = { applied: NOTHING_APPLIED, count: null };
  if (result.kind === 'advise') {
    return { ...nothing, sentence: `not placed, ${result.reason}`, warnings: [`not placed: ${result.reason}`] };
  }
  const { placement } = result;
  const written = countToWrite(placement.count, intent.overwrite, count);
  const total = written ?? (count.by === 'user' ? count.count : placement.count);
  const sentence = `${total} GPU${total === 1 ? '' : 's'}${placement.gpu ? ` like ${placement.gpu.product}` : ''}`;
  if (intent.mode === 'advise') {
    return {
      ...nothing,
      sentence: `advice only, ${sentence}`,
      warnings: [`advice: ${sentence}`, ...placement.warnings],
    };
  }
  return {
    applied: {
      count: written,
      product: placement.product ?? null,
      prefer: placement.prefer ?? null,
      requirements: placement.requirements.map(({ key, operator, values }) => ({
        key,
        operator,
        values: [...(values ?? [])],
      })),
      toleration: true,
    },
    count: written,
    sentence,
    warnings: placement.warnings,
  };
}

/** What the user set is raised where it is too small, replaced or kept; what nobody set is ours. */
function countToWrite(needed: number, overwrite: Intent['overwrite'], count: GpuCount): number | null {
  if (count.by !== 'user' || overwrite === 'always') return needed;
  if (overwrite === 'never') return null;
  return count.count >= needed ? null : needed;
}
