import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Express } from 'express';
import { loadCertificate, watchCertificate } from './certificates.js';
import type { Certificate } from './certificates.js';
import type { Config } from './config.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';

/** client-go closes idle connections after 90 s; the server must not be first, or a call fails. */
const KEEP_ALIVE_MS = 95_000;
const HEADERS_TIMEOUT_MS = 32_000;

export interface HttpsOptions {
  readonly config: Config;
  readonly app: Express;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface HttpsServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves the webhook over HTTPS, with the certificate of the moment. */
export async function startHttps(
  { config, app, metrics, log }: HttpsOptions,
  lookEveryMs?: number,
): Promise<HttpsServer> {
  const first = await loadCertificate(config.tlsDir);
  const ca = config.clientCaFile === undefined ? undefined : await readFile(config.clientCaFile, 'utf8');
  const context = ({ cert, key }: Certificate): object => ({
    cert,
    key,
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
  });
  // The kubelet probes without a certificate, so the application asks for one where it matters.
  const asking = ca === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
  const server = createServer({ ...context(first), ...asking }, app);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  metrics.certificateExpiry.set(first.expiresAt.getTime() / 1000);
  const watch = watchCertificate(
    config.tlsDir,
    first,
    {
      changed: (certificate) => {
        server.setSecureContext(context(certificate));
        metrics.certificateExpiry.set(certificate.expiresAt.getTime() / 1000);
        log.info({ expiresAt: certificate.expiresAt }, 'the certificate was replaced');
      },
      failed: (error) => {
        log.warn({ err: error }, 'the certificate could not be read again; the old one serves on');
      },
    },
    lookEveryMs,
  );
  return {
    port: await listen(server, config.port),
    stop: () => {
      watch.stop();
      return close(server);
    },
  };
}

export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Requests under way are answered; idle connections end. */
export function close(server: Server & { closeIdleConnections(): void }): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}
