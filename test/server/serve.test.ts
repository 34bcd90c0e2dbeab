// The whole process but the cluster, over real sockets.
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { runEstimate } from '../../src/server/estimate-task.js';
import { startHttps } from '../../src/server/https.js';
import { createApp } from '../../src/server/app.js';
import { createMetrics } from '../../src/server/metrics.js';
import { serve } from '../../src/server/serve.js';
import type { Running } from '../../src/server/serve.js';
import { call, pod, review, secrets, testCluster, testConfig } from '../helpers/webhook.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function start(folder: string): Promise<Running> {
  return serve({ config: testConfig(folder), cluster: testCluster(), estimate: runEstimate, log, version: 'test' });
}

function metricsOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: 'localhost', port, path: '/metrics', agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        resolve(text);
      });
    }).on('error', reject);
  });
}

describe('the running webhook', () => {
  test('answers over HTTPS, from the cache the second time, and counts it', async () => {
    const { folder, ca } = await secrets();
    const running = await start(folder);
    const { port, metricsPort } = running;
    const first = await call({ port, ca }, review(pod(), 'one'));
    const second = await call({ port, ca }, review(pod(), 'two'));
    const metrics = await metricsOf(metricsPort);
    await running.drain();
    const patchOf = ({ body }: { body: string }): unknown =>
      (JSON.parse(body) as { response: { patch: unknown } }).response.patch;
    expect(first.status).toBe(200);
    expect(patchOf(second)).toEqual(patchOf(first));
    expect(metrics).toContain('layergauge_cache_requests_total{cache="estimate",result="miss"} 1');
    expect(metrics).toContain('layergauge_cache_requests_total{cache="estimate",result="hit"} 1');
    expect(metrics).toContain('layergauge_admission_duration_seconds_count{outcome="patch",reason="sized"} 2');
    expect(metrics).toContain('layergauge_build_info{version="test"} 1');
    expect(metrics).toMatch(/layergauge_certificate_expiry_timestamp_seconds \d{10}/);
    expect(metrics).toContain('layergauge_gpu_nodes 1');
  });

  test('is ready once the nodes are known, and after a drain no longer listens', async () => {
    const { folder, ca } = await secrets();
    const running = await start(folder);
    expect((await call({ port: running.port, ca, path: '/readyz' })).status).toBe(200);
    await running.drain();
    await expect(call({ port: running.port, ca, path: '/livez' })).rejects.toThrow('ECONNREFUSED');
  });

  test('serves on while it drains, with readiness failing', async () => {
    const { folder, ca } = await secrets();
    const config = { ...testConfig(folder), drainSeconds: 0.5 };
    const running = await serve({ config, cluster: testCluster(), estimate: runEstimate, log, version: 'test' });
    const drained = running.drain();
    const ready = await call({ port: running.port, ca, path: '/readyz' });
    expect({ status: ready.status, connection: ready.connection }).toEqual({ status: 503, connection: 'close' });
    expect((await call({ port: running.port, ca }, review(pod()))).status).toBe(200);
    await drained;
  });

  test('keeps connections open longer than the 90 s of client-go', async () => {
    const { folder, ca } = await secrets();
    const running = await start(folder);
    const header = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: 'localhost', port: running.port, ca }, () => {
        socket.write('GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n');
      });
      socket.once('data', (chunk) => {
        resolve(chunk.toString());
        socket.destroy();
      });
      socket.on('error', reject);
    });
    await running.drain();
    expect(header.toLowerCase()).toContain('connection: keep-alive');
    expect(header).toContain('timeout=95');
  });
});

describe('with a client CA', () => {
  test('probes need no certificate, and calls need one it signed', async () => {
    const { folder, ca } = await secrets();
    const config = { ...testConfig(folder), clientCaFile: join(folder, 'tls.crt') };
    const running = await serve({ config, cluster: testCluster(), estimate: runEstimate, log, version: 'test' });
    const { port } = running;
    const probe = await call({ port, ca, path: '/readyz' });
    const stranger = await call({ port, ca }, review(pod()));
    // A certificate that is its own CA stands for one that the CA signed.
    const key = readFileSync(join(folder, 'tls.key'), 'utf8');
    const known = await call({ port, ca, identity: { cert: ca, key } }, review(pod()));
    await running.drain();
    expect([probe.status, stranger.status, known.status]).toEqual([200, 401, 200]);
  });
});

describe('the certificate', () => {
  const fingerprint = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: 'localhost', port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.end();
      });
      socket.on('error', reject);
    });

  test('is replaced while serving, and a broken one is not taken', async () => {
    const { folder } = await secrets();
    const metrics = createMetrics('test');
    const app = createApp({
      metrics,
      log,
      path: 'x',
      ready: () => true,
      draining: () => false,
      needsCertificate: false,
      ports: {
        version: '',
        nodes: () => [],
        remembered: (_, compute) => compute(),
        pinned: (_, compute) => compute(),
        size: () => Promise.reject(new Error()),
      },
    });
    const server = await startHttps({ config: testConfig(folder), app, metrics, log }, 20);
    const before = await fingerprint(server.port);
    await secrets(folder);
    let after = before;
    for (let tries = 0; tries < 100 && after === before; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      after = await fingerprint(server.port);
    }
    await server.stop();
    expect(after).not.toBe(before);
  });
});
