import { describe, expect, test } from '@jest/globals';
import { HELMS, render } from './helm.js';

const NODES = { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] };
const CONFIG_MAPS = { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] };

describe.each(HELMS)('the rights that %s grants', (program) => {
  test('are to list and watch nodes and to get ConfigMaps by name, and nothing else', async () => {
    const rendering = await render(program, 'default');
    expect(rendering.all('Role')).toEqual([]);
    expect(rendering.one('ClusterRole').rules).toEqual([NODES, CONFIG_MAPS]);
    expect(rendering.one('ClusterRoleBinding')).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: 'layergauge' },
      subjects: [{ kind: 'ServiceAccount', name: 'layergauge', namespace: 'gauge' }],
    });
  });

  test('reach only the ConfigMaps of the namespaces that are listed', async () => {
    const rendering = await render(program, 'locked-down');
    expect(rendering.one('ClusterRole').rules).toEqual([NODES]);
    const rolesByNamespace = rendering.all('Role').map(({ metadata, rules }) => [metadata.namespace, rules]);
    expect(rolesByNamespace).toEqual([
      ['team-a', [CONFIG_MAPS]],
      ['team-b', [CONFIG_MAPS]],
    ]);
    const bindings = rendering.all('RoleBinding');
    expect(bindings.map(({ metadata }) => metadata.namespace)).toEqual(['team-a', 'team-b']);
    for (const { roleRef, subjects } of bindings) {
      expect(roleRef).toMatchObject({ kind: 'Role', name: 'sizer' });
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'sizer-identity', namespace: 'gauge' }]);
    }
  });

  test('are held by the account the pods run as, whose token only they mount', async () => {
    const rendering = await render(program, 'default');
    expect(rendering.one('ServiceAccount').automountServiceAccountToken).toBe(false);
    expect(rendering.pod).toMatchObject({ serviceAccountName: 'layergauge', automountServiceAccountToken: true });
  });

  test('are held by an account that can be annotated', async () => {
    const { metadata } = (await render(program, 'serviceAccount.annotations.owner=platform')).one('ServiceAccount');
    expect(metadata.annotations).toEqual({ owner: 'platform' });
  });

  test('can go to an account that is already there', async () => {
    const rendering = await render(program, 'locked-down');
    expect(rendering.all('ServiceAccount')).toEqual([]);
    expect(rendering.pod.serviceAccountName).toBe('sizer-identity');
  });
});

describe.each(HELMS)('the NetworkPolicy of %s', (program) => {
  const SELECTOR = {
    matchLabels: { 'app.kubernetes.io/name': 'layergauge', 'app.kubernetes.io/instance': 'layergauge' },
  };

  test('lets the pods be called on their two ports and call the API server, and nothing else', async () => {
    expect((await render(program, 'default')).one('NetworkPolicy').spec).toEqual({
      podSelector: SELECTOR,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { ports: [{ protocol: 'TCP', port: 8443 }] },
        { ports: [{ protocol: 'TCP', port: 9090 }], from: [{ namespaceSelector: {} }] },
      ],
      egress: [
        {
          ports: [
            { protocol: 'TCP', port: 443 },
            { protocol: 'TCP', port: 6443 },
          ],
        },
      ],
    });
  });

  test('knows the API server by its addresses where they are given, and opens the metrics to nobody if so told', async () => {
    const servers = [{ ipBlock: { cidr: '10.0.0.0/28' } }, { ipBlock: { cidr: '2001:db8::/64' } }];
    expect((await render(program, 'locked-down')).one('NetworkPolicy').spec).toEqual({
      podSelector: SELECTOR,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ protocol: 'TCP', port: 9443 }], from: servers }],
      egress: [{ ports: [{ protocol: 'TCP', port: 6443 }], to: servers }],
    });
  });

  test('can be left out', async () => {
    expect((await render(program, 'networkPolicy.enabled=false')).all('NetworkPolicy')).toEqual([]);
  });
});
