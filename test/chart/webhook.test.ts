import { describe, expect, test } from '@jest/globals';
import { ANNOTATIONS, PREFIX, WRITTEN } from '../../src/admission/annotations.js';
import { HELMS, render } from './helm.js';
import type { Manifest } from './helm.js';

const PODS = [
  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' },
];

const text = (annotation: string): string => `object.metadata.?annotations[?'${annotation}'].orValue('')`;
const ours = ({ name }: { readonly name: string }): string => text(PREFIX + name);

/** The annotations as src/admission knows them, so that a renamed one is noticed here. */
const OPTED_IN = [
  { name: 'opted-in', expression: `${ours(ANNOTATIONS.model)} != ''` },
  { name: 'not-switched-off', expression: `${ours(ANNOTATIONS.mode)}.trim() != 'off'` },
  {
    name: 'not-a-mirror-pod',
    expression: "!object.metadata.?annotations[?'kubernetes.io/config.mirror'].hasValue()",
  },
];

describe.each(HELMS)('the webhook configuration of %s', (program) => {
  test('has a name that sorts before those of other webhooks, whatever the release is called', async () => {
    const { metadata } = (await render(program, 'locked-down')).one('MutatingWebhookConfiguration');
    expect(metadata.name).toBe('00-layergauge');
  });

  test('has two entries that differ in what a failure means and in which pods they take', async () => {
    const { webhooks } = await render(program, 'cert-manager');
    const onFailure = ours(ANNOTATIONS['on-failure']);
    const entry = (name: string, failurePolicy: string, operator: string): Manifest => ({
      name: `${name}.layergauge.dev`,
      admissionReviewVersions: ['v1'],
      clientConfig: {
        service: { name: 'layergauge', namespace: 'gauge', path: '/mutate/replace-this-with-a-secret', port: 443 },
      },
      failurePolicy,
      matchPolicy: 'Equivalent',
      reinvocationPolicy: 'IfNeeded',
      sideEffects: 'None',
      timeoutSeconds: 5,
      rules: PODS,
      namespaceSelector: {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', 'gauge'] }],
      },
      matchConditions: [
        ...OPTED_IN,
        { name: `${name}-on-failure`, expression: `${onFailure}.trim() ${operator} 'deny'` },
      ],
    });
    expect(webhooks).toEqual([entry('admit', 'Ignore', '!='), entry('deny', 'Fail', '==')]);
  });

  test('calls the port, path and Service it is told to, for as long as it is told to', async () => {
    for (const { clientConfig, timeoutSeconds } of (await render(program, 'locked-down')).webhooks) {
      expect(timeoutSeconds).toBe(3);
      expect(clientConfig.service).toEqual({
        name: 'sizer',
        namespace: 'gauge',
        path: '/mutate/locked-down-0123456789',
        port: 8443,
      });
    }
  });

  test('adds the namespaces a user excludes or selects to those that are always excluded', async () => {
    for (const { namespaceSelector } of (await render(program, 'locked-down')).webhooks) {
      expect(namespaceSelector).toEqual({
        matchLabels: { training: 'allowed' },
        matchExpressions: [
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', 'gauge', 'monitoring'] },
          { key: 'tier', operator: 'NotIn', values: ['production'] },
        ],
      });
    }
  });

  test('names a namespace once, though the user names it again', async () => {
    const [entry] = (await render(program, 'webhook.excludedNamespaces={kube-system,gauge}')).webhooks;
    expect(entry.namespaceSelector.matchExpressions[0].values).toEqual(['kube-system', 'gauge']);
  });
});

describe.each(HELMS)('the policy that warns, of %s', (program) => {
  test('asks of the same pods whether they were sized', async () => {
    const rendering = await render(program, 'default');
    const { spec } = rendering.one('ValidatingAdmissionPolicy', 'layergauge-unsized');
    const [{ namespaceSelector }] = rendering.webhooks as [Manifest];
    expect(spec).toEqual({
      failurePolicy: 'Ignore',
      matchConstraints: { resourceRules: PODS, namespaceSelector },
      matchConditions: OPTED_IN,
      validations: [
        {
          expression: `object.metadata.?annotations[?'${WRITTEN.status}'].hasValue()`,
          message: 'this pod opted in with layergauge.dev/model, but was not sized',
        },
      ],
    });
  });

  test('asks of pods, and of what makes them, whether anybody reads their annotations', async () => {
    const rendering = await render(program, 'default');
    const { spec } = rendering.one('ValidatingAdmissionPolicy', 'layergauge-unread');
    const [{ namespaceSelector }] = rendering.webhooks as [Manifest];
    expect(spec.failurePolicy).toBe('Ignore');
    expect(spec.matchConstraints).toEqual({
      resourceRules: [
        ...PODS,
        {
          apiGroups: ['apps', 'batch'],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['deployments', 'statefulsets', 'jobs', 'cronjobs'],
          scope: 'Namespaced',
        },
      ],
      namespaceSelector,
    });
    const expressions = JSON.stringify([spec.matchConditions, spec.variables, spec.validations]);
    const named = [...expressions.matchAll(/layergauge\.dev\/\w+/g)].map(([name]) => name);
    expect(new Set(named)).toEqual(new Set([PREFIX + ANNOTATIONS.model.name, PREFIX + ANNOTATIONS.mode.name]));
  });

  test.each(['unsized', 'unread'])('only ever warns: %s', async (name) => {
    expect(
      (await render(program, 'default')).one('ValidatingAdmissionPolicyBinding', `layergauge-${name}`).spec,
    ).toEqual({
      policyName: `layergauge-${name}`,
      validationActions: ['Warn'],
    });
  });

  test('can be left out', async () => {
    const { names } = await render(program, 'warnPolicy.enabled=false');
    expect(names.filter((name) => name.startsWith('Validating'))).toEqual([]);
  });
});
