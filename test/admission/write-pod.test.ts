import { describe, expect, test } from '@jest/globals';
import { PatchBuilder } from '../../src/admission/patch-builder.js';
import { NOTHING_APPLIED } from '../../src/admission/provenance.js';
import type { Applied } from '../../src/admission/provenance.js';
import { writeCount, writePlacement } from '../../src/admission/write-pod.js';
import type { Wanted } from '../../src/admission/write-pod.js';
import { apply } from '../helpers/admission.js';
import { affinity, GPU } from '../helpers/pods.js';

const PRODUCT = 'nvidia.com/gpu.product';
const BOUND = { key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['15359'] };
const OLD_BOUND = { key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['9999'] };
const UNSHARED = { key: 'nvidia.com/gpu.sharing-strategy', operator: 'NotIn', values: ['mps', 'time-slicing'] };
const ZONE = { key: 'zone', operator: 'In', values: ['a'] };
const NAME = { key: 'metadata.name', operator: 'In', values: ['n1'] };
const TOLERATION = { key: GPU, operator: 'Exists', effect: 'NoSchedule' };
const prefers = (product: string): object => ({
  weight: 100,
  preference: { matchExpressions: [{ key: PRODUCT, operator: 'In', values: [product] }] },
});

interface Written {
  readonly spec: Record<string, unknown>;
  readonly applied: Omit<Applied, 'count'>;
  readonly operations: readonly object[];
}

function write(spec: object, wanted: Partial<Wanted>, before: Partial<Applied> = {}): Written {
  const patch = new PatchBuilder({ spec });
  const applied = writePlacement(patch, { ...NOTHING_APPLIED, ...before }, { requirements: [], ...wanted });
  const { spec: after } = apply({ spec: spec as Record<string, unknown> }, patch.operations);
  return { spec: after, applied, operations: patch.operations };
}

const termsOf = ({ spec }: Written): unknown =>
  (
    spec as {
      affinity?: ReturnType<typeof affinity> & { nodeAffinity?: Record<string, { nodeSelectorTerms: unknown }> };
    }
  ).affinity?.nodeAffinity?.['requiredDuringSchedulingIgnoredDuringExecution']?.nodeSelectorTerms;

describe('required node affinity', () => {
  test.each([
    ['missing', {}],
    ['null', { affinity: null }],
    ['empty', { affinity: {} }],
    ['null for nodes', { affinity: { nodeAffinity: null } }],
    ['null where required', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: null } } }],
  ])('that is %s becomes one term of ours', (_, spec) => {
    const written = write(spec, { requirements: [BOUND, UNSHARED] });
    expect(termsOf(written)).toEqual([{ matchExpressions: [BOUND, UNSHARED] }]);
    expect(written.applied.requirements).toEqual([BOUND, UNSHARED]);
  });

  test('of the user gets ours in every term, since terms are ORed', () => {
    const spec = {
      affinity: affinity(
        { matchExpressions: [ZONE] },
        { matchFields: [NAME] },
        { matchExpressions: null, matchFields: [NAME] },
      ),
    };
    expect(termsOf(write(spec, { requirements: [BOUND] }))).toEqual([
      { matchExpressions: [ZONE, BOUND] },
      { matchFields: [NAME], matchExpressions: [BOUND] },
      { matchFields: [NAME], matchExpressions: [BOUND] },
    ]);
  });

  test.each([
    ['an empty term', affinity({})],
    ['a term of null', affinity({ matchExpressions: null, matchFields: null })],
    ['a term of empty lists', affinity({ matchExpressions: [], matchFields: [] })],
    ['no term', affinity()],
    [
      'null for its terms',
      { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: null } } },
    ],
    ['nothing at all', { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } }],
  ])('with %s matches nothing, and stays so', (_, existing) => {
    const written = write(
      { affinity: existing, tolerations: [TOLERATION] },
      { requirements: [BOUND] },
      { requirements: [OLD_BOUND] },
    );
    expect(written.operations).toEqual([]);
  });

  test('beside an empty term gets ours where there is something', () => {
    const written = write({ affinity: affinity({}, { matchExpressions: [ZONE] }) }, { requirements: [BOUND] });
    expect(termsOf(written)).toEqual([{}, { matchExpressions: [ZONE, BOUND] }]);
  });

  test('that the user wrote as we would stays theirs', () => {
    const spec = { affinity: affinity({ matchExpressions: [BOUND] }) };
    const written = write(spec, { requirements: [BOUND, UNSHARED] });
    expect(termsOf(written)).toEqual([{ matchExpressions: [BOUND, UNSHARED] }]);
    expect(written.applied.requirements).toEqual([UNSHARED]);
    // Another answer later takes away ours and leaves theirs.
    const later = write(written.spec, { requirements: [] }, written.applied);
    expect(termsOf(later)).toEqual([{ matchExpressions: [BOUND] }]);
  });

  test('of an earlier call gives way to another answer', () => {
    const spec = { affinity: affinity({ matchExpressions: [ZONE, OLD_BOUND, UNSHARED] }) };
    const before = { requirements: [OLD_BOUND, UNSHARED] };
    const written = write(spec, { requirements: [BOUND, UNSHARED] }, before);
    expect(termsOf(written)).toEqual([{ matchExpressions: [ZONE, UNSHARED, BOUND] }]);
    expect(written.applied.requirements).toEqual([BOUND, UNSHARED]);
  });

  test('of an earlier call goes as a whole where nothing else was in it', () => {
    const spec = { affinity: affinity({ matchExpressions: [OLD_BOUND, UNSHARED] }) };
    const written = write(spec, {}, { requirements: [OLD_BOUND, UNSHARED] });
    expect(written.spec['affinity']).toEqual({ nodeAffinity: {} });
  });

  test('stays where an earlier call is told to have written another', () => {
    const spec = { affinity: affinity({ matchExpressions: [ZONE] }), tolerations: [TOLERATION] };
    expect(write(spec, {}, { requirements: [OLD_BOUND] }).operations).toEqual([]);
  });

  test('goes into a term that another webhook has added since', () => {
    const spec = { affinity: affinity({ matchExpressions: [BOUND] }, { matchExpressions: [ZONE] }) };
    expect(termsOf(write(spec, { requirements: [BOUND] }, { requirements: [BOUND] }))).toEqual([
      { matchExpressions: [BOUND] },
      { matchExpressions: [ZONE, BOUND] },
    ]);
  });
});

describe('preferred node affinity', () => {
  const preferred = (...terms: object[]): object => ({
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: terms } },
  });

  test.each([
    ['missing', {}],
    ['null', { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: null } } }],
    ['empty', preferred()],
  ])('that is %s becomes ours', (_, spec) => {
    const written = write(spec, { prefer: 'Tesla-T4' });
    expect(written.spec).toMatchObject(preferred(prefers('Tesla-T4')));
    expect(written.applied.prefer).toBe('Tesla-T4');
  });

  test('of the user stays, ours comes after it', () => {
    const theirs = { weight: 1, preference: { matchExpressions: [ZONE] } };
    expect(write(preferred(theirs), { prefer: 'Tesla-T4' }).spec).toMatchObject(preferred(theirs, prefers('Tesla-T4')));
  });

  test('of an earlier call gives way', () => {
    const written = write(preferred(prefers('Tesla-T4')), { prefer: 'NVIDIA-A10' }, { prefer: 'Tesla-T4' });
    expect(written.spec).toMatchObject(preferred(prefers('NVIDIA-A10')));
    expect(write(preferred(prefers('Tesla-T4')), {}, { prefer: 'Tesla-T4' }).spec).toMatchObject(preferred());
  });

  test('that the user wrote as we would stays theirs', () => {
    const written = write(preferred(prefers('Tesla-T4')), { prefer: 'Tesla-T4' });
    expect(written.applied.prefer).toBeNull();
    expect(write(written.spec, {}, written.applied).spec).toMatchObject(preferred(prefers('Tesla-T4')));
  });
});

describe('a node selector', () => {
  test.each([
    ['missing', {}, { [PRODUCT]: 'Tesla-T4' }],
    ['null', { nodeSelector: null }, { [PRODUCT]: 'Tesla-T4' }],
    ['of other labels', { nodeSelector: { zone: 'a' } }, { zone: 'a', [PRODUCT]: 'Tesla-T4' }],
  ])('that is %s binds the pod to a product', (_, spec, expected) => {
    const written = write(spec, { product: 'Tesla-T4' });
    expect(written.spec['nodeSelector']).toEqual(expected);
    expect(written.applied.product).toBe('Tesla-T4');
  });

  test.each(['Tesla-T4', 'NVIDIA-A10', '', null])("for the product %j by the user is the user's", (product) => {
    const spec = { nodeSelector: { [PRODUCT]: product }, tolerations: [TOLERATION] };
    for (const wanted of [{ product: 'Tesla-T4' }, {}]) {
      const written = write(spec, wanted);
      expect(written.operations).toEqual([]);
      expect(written.applied.product).toBeNull();
    }
  });

  test('of an earlier call gives way, and goes where no product is chosen', () => {
    const spec = { nodeSelector: { zone: 'a', [PRODUCT]: 'Tesla-T4' } };
    const before = { product: 'Tesla-T4' };
    expect(write(spec, { product: 'NVIDIA-A10' }, before).spec['nodeSelector']).toEqual({
      zone: 'a',
      [PRODUCT]: 'NVIDIA-A10',
    });
    expect(write(spec, {}, before).spec['nodeSelector']).toEqual({ zone: 'a' });
  });
});

describe('tolerations', () => {
  test.each([
    ['missing', undefined],
    ['null', null],
    ['empty', []],
    ['for another key', [{ key: 'team', operator: 'Exists' }]],
    ['for one value of the key', [{ key: GPU, operator: 'Equal', value: 'present', effect: 'NoSchedule' }]],
    ['for another effect', [{ key: GPU, operator: 'Exists', effect: 'NoExecute' }]],
  ])('that are %s get ours at the end', (_, tolerations) => {
    const written = write({ tolerations }, {});
    expect(written.spec['tolerations']).toEqual([...(tolerations ?? []), TOLERATION]);
    expect(written.applied.toleration).toBe(true);
  });

  test.each([
    ['ours', TOLERATION],
    ['one for every effect', { key: GPU, operator: 'Exists' }],
    ['one for every key', { operator: 'Exists' }],
    ['one for every key, with null', { key: null, operator: 'Exists', effect: null }],
  ])('stay as they are with %s', (_, toleration) => {
    const written = write({ tolerations: [toleration] }, {});
    expect(written.operations).toEqual([]);
    expect(written.applied.toleration).toBe(false);
  });

  test('of an earlier call stay ours', () => {
    expect(write({ tolerations: [TOLERATION] }, {}, { toleration: true }).applied.toleration).toBe(true);
  });
});

describe('a count', () => {
  const count = (resources: unknown, count: number): unknown => {
    const object = { spec: { containers: [{ name: 'a' }, { name: 'b', resources }] } };
    const patch = new PatchBuilder(object);
    writeCount(patch, { index: 1 }, count);
    return {
      resources: apply(object, patch.operations).spec.containers[1]?.resources,
      operations: patch.operations.length,
    };
  };
  const whole = { limits: { [GPU]: '1' }, requests: { [GPU]: '1' } };

  test.each([
    ['missing resources', undefined, whole, 2],
    ['null', null, whole, 2],
    ['null for the maps', { limits: null, requests: null }, whole, 2],
    ['the limit alone', { limits: { [GPU]: '1' } }, whole, 1],
    ['the request alone', { requests: { [GPU]: '1' } }, whole, 1],
    ['another amount', { limits: { [GPU]: '0' }, requests: { [GPU]: 2 } }, whole, 2],
    ['null for the amounts', { limits: { [GPU]: null }, requests: { [GPU]: null } }, whole, 2],
    [
      'other resources',
      { limits: { cpu: '4', [GPU]: '2' }, requests: { cpu: '2' } },
      { limits: { cpu: '4', [GPU]: '1' }, requests: { cpu: '2', [GPU]: '1' } },
      2,
    ],
    ['the same text', whole, whole, 0],
    [
      'the same number',
      { limits: { [GPU]: 1 }, requests: { [GPU]: 1 } },
      { limits: { [GPU]: 1 }, requests: { [GPU]: 1 } },
      0,
    ],
  ])('stands as limit and request over %s', (_, resources, expected, operations) => {
    expect(count(resources, 1)).toEqual({ resources: expected, operations });
  });
});
