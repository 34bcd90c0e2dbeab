import { expect, test } from '@jest/globals';
import { readConfig } from '../../src/server/config.js';
import { readReview, writeReview } from '../../src/server/review.js';

test('an empty environment has defaults that a pod can run with', () => {
  expect(readConfig({ PATH: '/bin', LAYERGAUGE_CLIENT_CA_FILE: '' })).toEqual({
    port: 8443,
    metricsPort: 9090,
    tlsDir: '/etc/layergauge/tls',
    pathFile: '/etc/layergauge/path/path',
    clientCaFile: undefined,
    logLevel: 'info',
    drainSeconds: 10,
    nodeSelector: 'nvidia.com/gpu.product',
    contexts: {},
  });
});

test.each([
  ['LAYERGAUGE_PORT', '70000'],
  ['LAYERGAUGE_PORT', 'https'],
  ['LAYERGAUGE_LOG_LEVEL', 'loud'],
  ['LAYERGAUGE_DRAIN_SECONDS', '-1'],
  ['LAYERGAUGE_CONTEXT_MIB', '{"ampere":'],
  ['LAYERGAUGE_CONTEXT_MIB', '{"pascal":500}'],
  ['LAYERGAUGE_CONTEXT_MIB', '{"ampere":"much"}'],
])('%s=%s is refused by its name', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(name);
});

test('measured contexts are given in MiB', () => {
  const { contexts } = readConfig({ LAYERGAUGE_CONTEXT_MIB: '{"ampere":510.5,"ada-lovelace":400}' });
  expect(contexts).toEqual({ ampere: 510.5 * 1024 * 1024, 'ada-lovelace': 400 * 1024 * 1024 });
});

test('a review without a namespace is one of a cluster-scoped object', () => {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u', operation: 'CREATE' },
  };
  expect(readReview(review)).toEqual({ uid: 'u', operation: 'CREATE', namespace: '', object: undefined });
});

test('a patch without operations is no patch', () => {
  const decision = { kind: 'patch', operations: [], warnings: [], auditAnnotations: {} } as const;
  expect(writeReview('u', decision).response).toEqual({ uid: 'u', allowed: true });
});
