import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/server/config.js';
import { CHART, HELMS, render } from './helm.js';
import type { Manifest } from './helm.js';

const SELECTOR = { 'app.kubernetes.io/name': 'layergauge', 'app.kubernetes.io/instance': 'layergauge' };

describe.each(HELMS)('the Deployment of %s', (program) => {
  test('meets the restricted Pod Security Standard, with a root file system that nothing can write', async () => {
    const { pod, container } = await render(program, 'default');
    expect(pod.containers).toHaveLength(1);
    expect(pod.initContainers).toBeUndefined();
    expect(pod.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod[field]).toBeUndefined();
  });

  test('leaves the user to the platform where it is told to, and is still not root', async () => {
    expect((await render(program, 'locked-down')).pod.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('runs two replicas apart, and adds a pod before it takes one away', async () => {
    const { spec } = (await render(program, 'default')).one('Deployment');
    expect(spec.replicas).toBe(2);
    expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
    const spread = (topologyKey: string, whenUnsatisfiable = 'ScheduleAnyway'): Manifest => ({
      topologyKey,
      whenUnsatisfiable,
      maxSkew: 1,
      labelSelector: { matchLabels: SELECTOR },
      matchLabelKeys: ['pod-template-hash'],
    });
    expect(spec.template.spec.topologySpreadConstraints).toEqual([
      spread('kubernetes.io/hostname'),
      spread('topology.kubernetes.io/zone'),
    ]);
    expect((await render(program, 'locked-down')).pod.topologySpreadConstraints).toEqual([
      spread('kubernetes.io/hostname', 'DoNotSchedule'),
      spread('topology.kubernetes.io/zone'),
    ]);
  });

  test('selects the pods it makes, and so do the Services and the disruption budget', async () => {
    const rendering = await render(program, 'locked-down');
    const { spec } = rendering.one('Deployment');
    expect(spec.selector).toEqual({ matchLabels: SELECTOR });
    expect(spec.template.metadata.labels).toEqual({ ...SELECTOR, team: 'platform' });
    for (const service of rendering.all('Service')) expect(service.spec.selector).toEqual(SELECTOR);
    expect(rendering.one('PodDisruptionBudget').spec.selector).toEqual({ matchLabels: SELECTOR });
  });

  test('may lose one pod at a time, or what it is told, and never blocks a drain', async () => {
    const budget = async (values: string): Promise<Manifest> =>
      (await render(program, values)).one('PodDisruptionBudget').spec;
    expect(await budget('default')).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    expect(await budget('locked-down')).toMatchObject({ maxUnavailable: '50%' });
  });

  test('asks for memory and processor time, limits memory, and never throttles', async () => {
    expect((await render(program, 'default')).container.resources).toEqual({
      requests: { cpu: '100m', memory: '256Mi' },
      limits: { memory: '1Gi' },
    });
  });

  test.each([
    ['default', 10 + 5],
    ['locked-down', 25 + 3],
  ])(
    'with the values %s it has longer to end than the %i s of its drain and the last call',
    async (values, seconds) => {
      expect((await render(program, values)).pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds);
    },
  );

  test('is probed over HTTPS, and not ready before its drain is over', async () => {
    const { container } = await render(program, 'default');
    const { readinessProbe, livenessProbe } = container;
    expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'https', scheme: 'HTTPS' });
    expect(livenessProbe.httpGet).toEqual({ path: '/livez', port: 'https', scheme: 'HTTPS' });
    expect(readinessProbe.periodSeconds * readinessProbe.failureThreshold).toBeLessThan(10);
  });

  test.each([
    [
      'default',
      {
        port: 8443,
        metricsPort: 9090,
        tlsDir: '/etc/layergauge/tls',
        pathFile: '/etc/layergauge/path/path',
        clientCaFile: undefined,
        logLevel: 'info',
        drainSeconds: 10,
        nodeSelector: 'nvidia.com/gpu.product',
      },
    ],
    [
      'locked-down',
      {
        port: 9443,
        metricsPort: 9090,
        tlsDir: '/etc/layergauge/tls',
        pathFile: '/etc/layergauge/path/path',
        clientCaFile: '/etc/layergauge/client-ca/client.crt',
        logLevel: 'warn',
        drainSeconds: 25,
        nodeSelector: 'example.com/gpu=true',
        contexts: { ampere: 510 * 2 ** 20, 'ada-lovelace': 400.5 * 2 ** 20 },
      },
    ],
  ])('with the values %s the server reads the configuration that was meant', async (values, config) => {
    const { container } = await render(program, values);
    expect(readConfig(environmentOf(container))).toMatchObject(config);
  });

  test('finds every file it is told of in a volume, readable for its group only', async () => {
    const { pod, container } = await render(program, 'locked-down');
    expect(pod.volumes).toEqual([
      { name: 'tls', secret: { secretName: 'sizer-serving', defaultMode: 0o440 } },
      { name: 'path', secret: { secretName: 'sizer-path', defaultMode: 0o440 } },
      { name: 'client-ca', configMap: { name: 'api-server-ca' } },
    ]);
    const mounts: string[] = container.volumeMounts.map(({ mountPath }: Manifest) => mountPath);
    const { tlsDir, pathFile, clientCaFile = '' } = readConfig(environmentOf(container));
    expect(mounts).toEqual([tlsDir, join(pathFile, '..'), join(clientCaFile, '..')]);
    expect(container.volumeMounts.every(({ readOnly }: Manifest) => readOnly === true)).toBe(true);
  });

  test('passes on what places a pod and what pulls its image, and says nothing of either by default', async () => {
    const fields = ['priorityClassName', 'imagePullSecrets', 'nodeSelector', 'tolerations', 'affinity'];
    const { pod } = await render(program, 'default');
    expect(fields.filter((field) => field in pod)).toEqual([]);
    expect((await render(program, 'locked-down')).pod).toMatchObject({
      priorityClassName: 'system-cluster-critical',
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { pool: 'system' },
      tolerations: [{ key: 'system', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
    });
    const { annotations } = (await render(program, 'locked-down')).one('Deployment').spec.template.metadata;
    expect(annotations).toMatchObject({ 'example.com/owner': 'platform' });
  });

  test('runs the image of its version, another tag, or exactly a digest', async () => {
    const image = async (...values: string[]): Promise<string> => (await render(program, ...values)).container.image;
    expect(await image('default')).toBe('layergauge:0.1.0');
    expect(await image('image.tag=edge')).toBe('layergauge:edge');
    expect(await image('locked-down')).toMatch(/^registry\.example\.com\/layergauge@sha256:[0-9a-f]{64}$/);
  });

  test('starts its pods anew when the path changes, which they read once', async () => {
    const checksum = async (path: string): Promise<string> =>
      (await render(program, `webhook.path=${path}`)).one('Deployment').spec.template.metadata.annotations[
        'layergauge.dev/path-checksum'
      ];
    expect(await checksum('a-secret-path-0001')).toMatch(/^[0-9a-f]{64}$/);
    expect(await checksum('a-secret-path-0001')).not.toBe(await checksum('a-secret-path-0002'));
  });

  test('is reached by a Service per port', async () => {
    const rendering = await render(program, 'issuer');
    const port = (name: string): Manifest => rendering.one('Service', name).spec.ports;
    expect(port('layergauge')).toEqual([{ name: 'https', port: 443, targetPort: 'https', appProtocol: 'https' }]);
    expect(port('layergauge-metrics')).toEqual([
      { name: 'metrics', port: 9100, targetPort: 'metrics', appProtocol: 'http' },
    ]);
    expect(rendering.container.ports).toEqual([
      { name: 'https', containerPort: 8443 },
      { name: 'metrics', containerPort: 9100 },
    ]);
  });

  test('is scraped by the Prometheus operator through the metrics Service, where that is wanted', async () => {
    expect((await render(program, 'default')).all('ServiceMonitor')).toEqual([]);
    const rendering = await render(program, 'issuer');
    const { metadata, spec } = rendering.one('ServiceMonitor');
    expect(metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(spec.endpoints).toEqual([{ port: 'metrics', path: '/metrics', interval: '10s' }]);
    const selected = rendering
      .all('Service')
      .filter((service) => isSubset(spec.selector.matchLabels, service.metadata.labels));
    expect(selected.map((service) => service.metadata.name)).toEqual(['layergauge-metrics']);
  });
});

describe('the image', () => {
  const root = join(CHART, '../..');
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8').match(/^!.+$/gm) ?? [];

  test('is given exactly the files that the Dockerfile copies', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
      sources.split(' '),
    );
    expect(copied.length).toBeGreaterThan(3);
    expect(copied.map((source) => `!${source}`).sort()).toEqual([...allowed].sort());
    expect(copied.filter((source) => !existsSync(join(root, source)))).toEqual([]);
  });

  test('runs as the user and on the ports that the chart says', async () => {
    const { pod, container } = await render('helm4', 'default');
    const { runAsUser, runAsGroup } = pod.securityContext;
    expect(dockerfile).toContain(`\nUSER ${[runAsUser, runAsGroup].join(':')}\n`);
    const ports: number[] = container.ports.map(({ containerPort }: Manifest) => containerPort);
    expect(dockerfile).toContain(`\nEXPOSE ${ports.join(' ')}\n`);
  });

  test('is built and run with one major of Node', () => {
    const majors = [...dockerfile.matchAll(/^FROM \S*?node(?:js)?:?(\d+)/gm)].map(([, major]) => major);
    expect(majors).toEqual(['24', '24']);
  });
});

function environmentOf(container: Manifest): Record<string, string> {
  return Object.fromEntries(container.env.map(({ name, value }: Manifest) => [name, value]));
}

function isSubset(part: Readonly<Record<string, string>>, whole: Readonly<Record<string, string>>): boolean {
  return Object.entries(part).every(([key, value]) => whole[key] === value);
}
