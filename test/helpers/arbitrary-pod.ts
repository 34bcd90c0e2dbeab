import fc from 'fast-check';
import { LABELS } from '../../src/placement/inventory.js';
import { GPU } from './pods.js';
import type { RawPod } from './pods.js';
import { GPUS } from './sized.js';

const key = fc.constantFrom('zone', 'disk', 'constructor', LABELS.product, LABELS.memory, LABELS.sharing);
const labelValue = fc.constantFrom('a', 'b', GPUS.T4.product, GPUS.A100.product, '15359', '11120');

const requirement = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.array(labelValue, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
  // What we might write ourselves.
  fc.constantFrom<object>(
    { key: LABELS.memory, operator: 'Gt', values: ['11120'] },
    { key: LABELS.sharing, operator: 'NotIn', values: ['mps', 'time-slicing'] },
  ),
);
const requirements = fc.option(fc.array(requirement, { maxLength: 3 }));
const fields = fc.option(fc.constant([{ key: 'metadata.name', operator: 'In', values: ['n1'] }]));
const term = fc.oneof(
  { weight: 5, arbitrary: fc.record({ matchExpressions: requirements, matchFields: fields }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.constantFrom<object>({}, { matchExpressions: [] }, { matchExpressions: null }) },
);

const preferredTerm = fc.oneof(
  fc.record({ weight: fc.integer({ min: 1, max: 100 }), preference: term }),
  fc.constant({
    weight: 100,
    preference: { matchExpressions: [{ key: LABELS.product, operator: 'In', values: [GPUS.T4.product] }] },
  }),
);

const nodeAffinity = fc.record(
  {
    requiredDuringSchedulingIgnoredDuringExecution: fc.option(
      fc.record({ nodeSelectorTerms: fc.option(fc.array(term, { maxLength: 3 }), { freq: 9 }) }),
    ),
    preferredDuringSchedulingIgnoredDuringExecution: fc.option(fc.array(preferredTerm, { maxLength: 2 })),
  },
  { requiredKeys: [] },
);
const affinity = fc.option(
  fc.record({ nodeAffinity: fc.option(nodeAffinity), podAntiAffinity: fc.constant({ x: [1] }) }, { requiredKeys: [] }),
);

const toleration = fc.record(
  {
    key: fc.option(fc.constantFrom('', 'team', GPU)),
    operator: fc.option(fc.constantFrom('Exists', 'Equal')),
    value: fc.option(fc.constantFrom('a', 'present')),
    effect: fc.option(fc.constantFrom('', 'NoSchedule', 'NoExecute')),
  },
  { requiredKeys: [] },
);

const amount = fc.constantFrom<unknown>('0', '1', '2', '8', 1, 0, null, '1000m', '1500m', '$GPU_PER_NODE');
const amounts = fc.option(
  fc.record({ [GPU]: amount, cpu: fc.constantFrom('1', 2, null), memory: fc.constant('1Gi') }, { requiredKeys: [] }),
);
const resources = fc.option(fc.record({ limits: amounts, requests: amounts }, { requiredKeys: [] }));
const body = fc.record(
  { resources, args: fc.constantFrom(null, [''], ['--x']), restartPolicy: fc.constantFrom(null, 'Always') },
  { requiredKeys: [] },
);
const containers = (prefix: string, minLength: number): fc.Arbitrary<object[]> =>
  fc.array(body, { minLength, maxLength: 3 }).map((all) => all.map((one, at) => ({ name: `${prefix}${at}`, ...one })));

const spec = fc.record(
  {
    containers: containers('c', 1),
    initContainers: fc.option(containers('i', 0)),
    nodeSelector: fc.option(
      fc.dictionary(fc.constantFrom('zone', 'disk', LABELS.product), fc.option(labelValue), { maxKeys: 2 }),
    ),
    tolerations: fc.option(fc.array(toleration, { maxLength: 3 })),
    affinity,
    nodeName: fc.constantFrom('', null, 'n1'),
    volumes: fc.constant([{ name: 'v', emptyDir: {} }]),
  },
  { requiredKeys: ['containers'] },
);

const LIMIT_RANGE =
  'LimitRanger plugin set: cpu, nvidia.com/gpu request for container c0; nvidia.com/gpu limit for container c0';

/** Wishes, and what others write: all but a well-formed estimate. */
const annotations = fc.record(
  {
    'layergauge.dev/model': fc.constant('configmap://net'),
    'layergauge.dev/container': fc.constantFrom('c0', 'c1'),
    'layergauge.dev/mode': fc.constantFrom('enforce', 'advise'),
    'layergauge.dev/overwrite': fc.constantFrom('raise-only', 'always', 'never'),
    'layergauge.dev/target-step-time': fc.constantFrom('300ms', '1ms'),
    'layergauge.dev/estimate': fc.oneof(fc.json(), fc.string(), fc.constant(null)),
    'layergauge.dev/status': fc.constantFrom('', 'sized'),
    'kubernetes.io/limit-ranger': fc.constant(LIMIT_RANGE),
    'gpu-fraction': fc.constant(null),
    'example.com/a~b': fc.constant('x/y'),
  },
  { requiredKeys: ['layergauge.dev/model'] },
);

/** Pods that opted in, with what may stand in them already. */
export const arbitraryPod: fc.Arbitrary<RawPod> = fc
  .record({ annotations, spec, labels: fc.constantFrom(null, { app: 'x' }) })
  .map(
    ({ annotations, spec, labels }) =>
      JSON.parse(JSON.stringify({ metadata: { annotations, labels }, spec })) as RawPod,
  );
