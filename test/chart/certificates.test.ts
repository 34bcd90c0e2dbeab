import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeApiServer } from './api-server.js';
import { HELMS, render } from './helm.js';
import type { Manifest, Rendering } from './helm.js';

const SERVICE = 'layergauge.gauge.svc';

describe.each(HELMS)('certificates by %s itself', (program) => {
  let cluster: FakeApiServer;
  /** What Helm makes where there is nothing yet. */
  let first: Rendering;

  beforeAll(async () => {
    cluster = await new FakeApiServer().start();
    first = (await cluster.dryRun(program)).rendering;
    cluster.stop();
  });

  beforeEach(async () => {
    cluster = await new FakeApiServer().start();
  });

  afterEach(() => {
    cluster.stop();
  });

  test('are for the Service, and the API server is told their CA', () => {
    const { leaf, ca, key } = pairOf(first);
    expect(leaf.checkHost(SERVICE)).toBe(SERVICE);
    expect(leaf.checkHost(`${SERVICE}.cluster.local`)).toBe(`${SERVICE}.cluster.local`);
    expect(leaf.checkHost('layergauge.other.svc')).toBeUndefined();
    expect([ca.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(trusted(first)).toEqual([ca.toString(), ca.toString()]);
  });

  test('are valid for as long as is asked', async () => {
    const { rendering } = await cluster.dryRun(program, 'certificates.helm.days=30');
    const { leaf, ca } = pairOf(rendering);
    const days = (certificate: X509Certificate): number =>
      (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000;
    expect([days(leaf), days(ca)]).toEqual([30, 30]);
  });

  test('are mounted from the Secret they are in', () => {
    const { metadata, type } = tlsSecret(first);
    expect(type).toBe('kubernetes.io/tls');
    expect(first.pod.volumes[0].secret.secretName).toBe(metadata.name);
  });

  test('and the path are made once: an upgrade changes nothing', async () => {
    cluster.apply(first);
    const second = (await cluster.dryRun(program)).rendering;
    expect(second.manifests).toEqual(first.manifests);
  });

  test('and the path differ from one installation to the next', async () => {
    const { rendering } = await cluster.dryRun(program);
    expect(pairOf(rendering).key).not.toBe(pairOf(first).key);
    expect(pathOf(rendering)).not.toBe(pathOf(first));
    expect(pathOf(rendering)).toMatch(/^[a-z0-9]{40}$/);
  });

  test('are made anew where the Secret is gone, and the old CA is trusted until the next upgrade', async () => {
    cluster.apply(first);
    cluster.remove(tlsSecret(first));
    const renewed = (await cluster.dryRun(program)).rendering;
    const [oldCa, newCa] = [pairOf(first).ca.toString(), pairOf(renewed).ca.toString()];
    expect(newCa).not.toBe(oldCa);
    expect(trusted(renewed)).toEqual([newCa + oldCa, newCa + oldCa]);
    expect(pathOf(renewed)).toBe(pathOf(first));
    cluster.apply(renewed);
    const next = (await cluster.dryRun(program)).rendering;
    expect(trusted(next)).toEqual([newCa, newCa]);
    expect(tlsSecret(next)).toEqual(tlsSecret(renewed));
  });

  test('are made anew as a whole where a part is missing', async () => {
    cluster.apply(first);
    const { 'tls.key': _, ...data } = tlsSecret(first).data;
    cluster.apply({ manifests: [{ ...tlsSecret(first), data }] } as unknown as Rendering);
    const { leaf, ca, key } = pairOf((await cluster.dryRun(program)).rendering);
    expect(ca.toString()).not.toBe(pairOf(first).ca.toString());
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  test('leave a path that was given as it is, and a path is given up for another', async () => {
    const given = (await cluster.dryRun(program, 'webhook.path=a-secret-path-0001')).rendering;
    expect(pathOf(given)).toBe('a-secret-path-0001');
    cluster.apply(given);
    expect(pathOf((await cluster.dryRun(program)).rendering)).toBe('a-secret-path-0001');
    const other = await cluster.dryRun(program, 'webhook.path=a-secret-path-0002');
    expect(pathOf(other.rendering)).toBe('a-secret-path-0002');
  });

  test('the notes say how to opt in, how to wait, and how to renew', async () => {
    const { notes } = await cluster.dryRun(program);
    expect(notes).toContain('      layergauge.dev/model: configmap://NAME\n');
    expect(notes).toContain('kubectl -n gauge rollout status deployment/layergauge\n');
    expect(notes).toContain('kubectl -n gauge delete secret layergauge-tls\n');
    expect(notes).not.toContain('networkPolicy');
    expect(notes).not.toContain('one replica');
  });

  test('the notes warn of a webhook that is easily called or easily missed', async () => {
    const { notes } = await cluster.dryRun(program, 'networkPolicy.enabled=false', 'replicas=1');
    expect(notes).toContain('networkPolicy.enabled is false: only the secret path keeps other pods from calling');
    expect(notes).toContain('With one replica, pods that are created while it restarts go in unsized.');
  });
});

describe.each(HELMS)('certificates by cert-manager, with %s', (program) => {
  test('come from a CA that lives longer, so that a renewal leaves the caBundle alone', async () => {
    const rendering = await render(program, 'cert-manager');
    const ca = rendering.one('Certificate', 'layergauge-ca').spec;
    const leaf = rendering.one('Certificate', 'layergauge-cert-manager-tls').spec;
    expect(rendering.one('Issuer', 'layergauge-selfsigned').spec).toEqual({ selfSigned: {} });
    expect(ca).toMatchObject({
      isCA: true,
      duration: '87600h',
      issuerRef: { kind: 'Issuer', name: 'layergauge-selfsigned' },
    });
    expect(rendering.one('Issuer', 'layergauge-ca').spec).toEqual({ ca: { secretName: ca.secretName } });
    expect(leaf).toMatchObject({
      issuerRef: { group: 'cert-manager.io', kind: 'Issuer', name: 'layergauge-ca' },
      duration: '2160h',
      renewBefore: '720h',
      dnsNames: [SERVICE, `${SERVICE}.cluster.local`],
      usages: ['server auth'],
    });
  });

  test('come from an issuer of the cluster where one is named', async () => {
    const rendering = await render(program, 'issuer');
    expect(rendering.all('Issuer')).toEqual([]);
    expect(rendering.one('Certificate').spec).toMatchObject({
      issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'company-ca' },
      duration: '720h',
      renewBefore: '240h',
    });
  });

  test.each(['cert-manager', 'issuer'])(
    'have their CA injected and are mounted, with the values %s',
    async (values) => {
      const rendering = await render(program, values);
      const { metadata, spec } = rendering.one('Certificate', 'layergauge-cert-manager-tls');
      const { annotations } = rendering.one('MutatingWebhookConfiguration').metadata;
      expect(annotations).toEqual({ 'cert-manager.io/inject-ca-from': ['gauge', metadata.name].join('/') });
      for (const { clientConfig } of rendering.webhooks) expect(clientConfig).not.toHaveProperty('caBundle');
      expect(rendering.pod.volumes[0].secret.secretName).toBe(spec.secretName);
    },
  );

  test('are in no Secret that Helm would own', async () => {
    const rendering = await render(program, 'cert-manager');
    expect(rendering.all('Secret').map(({ metadata }) => metadata.name)).toEqual(['layergauge-path']);
    expect(tlsSecret(await render(program, 'default')).metadata.name).not.toBe('layergauge-cert-manager-tls');
  });
});

describe.each(HELMS)('certificates by the user, with %s', (program) => {
  test('are mounted from the given Secret, and the given CA is told to the API server', async () => {
    const rendering = await render(program, 'locked-down');
    expect(rendering.pod.volumes[0].secret.secretName).toBe('sizer-serving');
    for (const bundle of trusted(rendering)) {
      expect(bundle).toMatch(/^-----BEGIN CERTIFICATE-----\n\S+\n-----END CERTIFICATE-----\n$/);
    }
    expect(rendering.names.filter((name) => /^(?:Certificate|Issuer|Secret)\//.test(name))).toEqual([
      'Secret/sizer-path',
    ]);
  });
});

function tlsSecret(rendering: Rendering): Manifest {
  return rendering.one('Secret', 'layergauge-tls');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString();
}

function pairOf(rendering: Rendering): { leaf: X509Certificate; ca: X509Certificate; key: string } {
  const { data } = tlsSecret(rendering);
  const certificate = (name: string): X509Certificate => new X509Certificate(decode(data[name]));
  return { leaf: certificate('tls.crt'), ca: certificate('ca.crt'), key: decode(data['tls.key']) };
}

/** What each entry trusts, in PEM. */
function trusted({ webhooks }: Rendering): string[] {
  return webhooks.map(({ clientConfig }) => decode(clientConfig.caBundle));
}

/** The secret path: one for the pods and for every entry. */
function pathOf(rendering: Rendering): string {
  const paths = new Set(
    rendering.webhooks.map(({ clientConfig }) => clientConfig.service.path.slice('/mutate/'.length)),
  );
  paths.add(rendering.one('Secret', 'layergauge-path').stringData.path);
  expect(paths.size).toBe(1);
  return [...paths][0];
}
