import type { Constraints } from '../placement/constraints.js';
import { GPUS_OF_A_RANK, placeWhole } from '../placement/place.js';
import type { PlacementResult } from '../placement/place.js';
import { reasonToAdvise } from './advise.js';
import { WRITTEN } from './annotations.js';
import type { Intent } from './annotations.js';
import { checkPatched } from './check.js';
import type { ChosenContainer } from './container.js';
import { countToWrite, outcomeOf } from './outcome.js';
import type { Outcome } from './outcome.js';
import { gpuCountOf, podGpus } from './ownership.js';
import type { GpuCount } from './ownership.js';
import { PatchBuilder } from './patch-builder.js';
import { controllerOf } from './pod.js';
import type { Pod } from './pod.js';
import type { AdmissionPorts } from './ports.js';
import { NOTHING_APPLIED, readProvenance } from './provenance.js';
import type { Applied, Provenance } from './provenance.js';
import {
  digest,
  estimateAnnotation,
  inputsHash,
  lowerBoundSentences,
  needOf,
  needSentence,
  statusSentence,
} from './report.js';
import type { SizedModel } from './sized-model.js';
import type { Decision } from './types.js';
import { userConstraints } from './user-constraints.js';
import { warning } from './warnings.js';
import { writeCount, writePlacement } from './write-pod.js';

export interface Case {
  readonly pod: Pod;
  readonly intent: Intent;
  readonly container: ChosenContainer;
  readonly sized: SizedModel;
}

/** What is known of a case before anything is decided. */
interface Known {
  /** What of the pod is ours already. */
  readonly before: Applied;
  readonly count: GpuCount;
  readonly original: Provenance['original'];
  readonly hash: string;
  readonly constraints: Constraints;
}

/**
 * A sized model and a pod → the patch, with everything it says to the user. The answer is computed anew at every call from
 * the pod less what we wrote into it. Advice changes no field: what an earlier call wrote stands, and stays ours.
 */
export function decide(given: Case, ports: AdmissionPorts): Decision {
  const { pod, intent, container, sized } = given;
  const known = knownOf(given);
  const { count, original, hash } = known;
  const outcome = outcomeOf(resultOf(given, known, ports), intent, count);
  const need = needOf(sized, outcome.gpu);
  const patch = new PatchBuilder(pod);
  const applied = outcome.write ? write(patch, { container, known, wanted: outcome.write }) : known.before;
  const provenance = { container: container.name, original, applied, inputsHash: hash };
  const annotations = ['metadata', 'annotations'] as const;
  patch.set([...annotations, WRITTEN.estimate], estimateAnnotation(sized, need, provenance, ports.version));
  patch.set([...annotations, WRITTEN.status], statusSentence(sized, need, outcome.sentence));
  checkPatched(patch.result, typeof outcome.write?.count === 'number' ? container.index : undefined);
  const amount = outcome.saysAmount ? [needSentence(sized, need)] : [];
  return {
    kind: 'patch',
    operations: patch.operations,
    warnings: [...outcome.warnings, ...amount, ...lowerBoundSentences(sized)].map(warning),
    auditAnnotations: { status: outcome.sentence, 'upper-bytes': String(need.upperBytes), 'inputs-hash': hash },
  };
}

function knownOf({ pod, container, sized }: Case): Known {
  const ours = readProvenance(pod);
  const count = gpuCountOf(pod, container, ours);
  const original = { count: count.count };
  const before = { ...(ours?.applied ?? NOTHING_APPLIED), count: count.isOurs ? count.standing : null };
  const constraints = userConstraints(pod, before);
  return { before, count, original, hash: inputsHash(pod, sized, original), constraints };
}

function resultOf({ pod, intent, container, sized }: Case, known: Known, ports: AdmissionPorts): PlacementResult {
  const { count, constraints, hash } = known;
  const advice = reasonToAdvise({ pod, count, constraints, isNamed: intent.container !== undefined });
  if (advice) return advice;
  const own = countToWrite(GPUS_OF_A_RANK, intent.overwrite, count) ?? count.standing ?? GPUS_OF_A_RANK;
  const gpus = podGpus(pod, { index: container.index, gpus: own });
  const compute = (): PlacementResult =>
    placeWhole({
      needs: sized.onGpus,
      nodes: ports.nodes(),
      constraints,
      gpus,
      ...(intent.targetStepSeconds !== undefined && { targetStepSeconds: intent.targetStepSeconds }),
    });
  const controller = controllerOf(pod);
  if (controller === undefined) return compute();
  // The pods of a DaemonSet are bound to one node each: an answer is only theirs who have the same constraints.
  return ports.pinned(`${controller} ${hash} ${digest([constraints, gpus])}`, compute);
}

function write(
  patch: PatchBuilder,
  { container, known, wanted }: Pick<Case, 'container'> & { known: Known; wanted: NonNullable<Outcome['write']> },
): Applied {
  const { before } = known;
  if (wanted.count !== null) writeCount(patch, container, wanted.count);
  return { count: wanted.count ?? before.count, ...writePlacement(patch, before, wanted) };
}
