import { describe, expect, test } from '@jest/globals';
import { NOTHING_APPLIED } from '../../src/admission/provenance.js';
import type { Applied } from '../../src/admission/provenance.js';
import { complexityOf, userConstraints } from '../../src/admission/user-constraints.js';
import type { Constraints } from '../../src/placement/constraints.js';
import { affinity, parsed, pod } from '../helpers/pods.js';

const PRODUCT = 'nvidia.com/gpu.product';
const OURS = { key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['15359'] };
const ZONE = { key: 'zone', operator: 'In', values: ['a'] };
const NAME = { key: 'metadata.name', operator: 'In', values: ['n1'] };

const constraints = (spec: Record<string, unknown>, ours: Partial<Applied> = {}): Constraints =>
  userConstraints(parsed(pod({ spec })), { ...NOTHING_APPLIED, ...ours });
const terms = (existing: unknown, ours?: Partial<Applied>): Constraints['terms'] =>
  constraints({ affinity: existing }, ours).terms;

describe('where the user lets the pod run', () => {
  test('is anywhere where nothing is said', () => {
    expect(userConstraints(parsed(pod()))).toEqual({
      nodeName: undefined,
      nodeSelector: {},
      terms: undefined,
      tolerations: [],
    });
    expect(constraints({ nodeSelector: null, affinity: null, tolerations: null, nodeName: null })).toEqual(
      userConstraints(parsed(pod())),
    );
  });

  test('is what the pod says', () => {
    const tolerations = [{ key: 'team', operator: 'Exists' }];
    const said = { nodeName: 'n1', nodeSelector: { zone: 'a' }, tolerations };
    expect(constraints({ ...said, affinity: affinity({ matchExpressions: [ZONE] }) })).toEqual({
      ...said,
      terms: [{ matchExpressions: [ZONE], matchFields: [] }],
    });
  });

  test.each([
    ['{}', {}],
    ['null for nodes', { nodeAffinity: null }],
    ['null where required', { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: null } }],
    [
      'preferences alone',
      { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {} }] } },
    ],
  ])('is not limited by affinity with %s', (_, existing) => {
    expect(terms(existing)).toBeUndefined();
  });

  test.each([
    ['no term', affinity()],
    [
      'null for its terms',
      { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: null } } },
    ],
    ['nothing', { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } }],
  ])('is nowhere by required affinity with %s', (_, existing) => {
    expect(terms(existing)).toEqual([]);
  });

  test('is nowhere by an empty term, whatever we wrote', () => {
    expect(terms(affinity({}), { requirements: [OURS] })).toEqual([{ matchExpressions: [], matchFields: [] }]);
  });
});

describe('what we wrote before is not the user speaking', () => {
  test('in a term beside theirs', () => {
    expect(terms(affinity({ matchExpressions: [ZONE, OURS] }), { requirements: [OURS] })).toEqual([
      { matchExpressions: [ZONE], matchFields: [] },
    ]);
    expect(terms(affinity({ matchExpressions: [OURS], matchFields: [NAME] }), { requirements: [OURS] })).toEqual([
      { matchExpressions: [], matchFields: [NAME] },
    ]);
  });

  test('as a term of its own', () => {
    expect(terms(affinity({ matchExpressions: [OURS] }), { requirements: [OURS] })).toBeUndefined();
  });

  test('as a product', () => {
    const spec = { nodeSelector: { zone: 'a', [PRODUCT]: 'Tesla-T4' } };
    expect(constraints(spec, { product: 'Tesla-T4' }).nodeSelector).toEqual({ zone: 'a' });
    expect(constraints(spec, { product: 'NVIDIA-A10' }).nodeSelector).toEqual(spec.nodeSelector);
    expect(constraints(spec).nodeSelector).toEqual(spec.nodeSelector);
  });

  test('only where it is exactly that', () => {
    const other = { ...OURS, values: ['15360'] };
    expect(terms(affinity({ matchExpressions: [other] }), { requirements: [OURS] })).toEqual([
      { matchExpressions: [other], matchFields: [] },
    ]);
  });
});

test('complexity is the number of terms, requirements, values, selectors and tolerations', () => {
  const requirement = { key: 'zone', operator: 'In', values: ['a', 'b', 'c'] };
  expect(
    complexityOf({
      nodeSelector: { zone: 'a', disk: 'b' },
      terms: [
        { matchExpressions: [requirement, { key: 'x', operator: 'Exists', values: null }] },
        { matchFields: [NAME] },
        {},
      ],
      tolerations: [{ operator: 'Exists' }],
    }),
    // 3 terms, 3 requirements, 4 values, 2 selectors, 1 toleration
  ).toBe(13);
  expect(complexityOf({ nodeSelector: {}, terms: undefined, tolerations: [] })).toBe(0);
});
