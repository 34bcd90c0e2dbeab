import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A serving certificate with its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly expiresAt: Date;
}

export interface CertificateWatch {
  stop(): void;
}

/** The kubelet swaps a symlink when a Secret changes; watches miss that, a look every few seconds does not. */
const LOOK_EVERY_MS = 5_000;

export async function loadCertificate(folder: string): Promise<Certificate> {
  const [cert, key] = await Promise.all([
    readFile(join(folder, 'tls.crt'), 'utf8'),
    readFile(join(folder, 'tls.key'), 'utf8'),
  ]);
  return { cert, key, expiresAt: new Date(new X509Certificate(cert).validTo) };
}

/** Hands over the certificate whenever it changed; a pair that cannot be read is reported, and the old one serves on. */
export function watchCertificate(
  folder: string,
  current: Certificate,
  on: { changed(certificate: Certificate): void; failed(error: unknown): void },
  everyMs = LOOK_EVERY_MS,
): CertificateWatch {
  let last = current;
  const look = async (): Promise<void> => {
    try {
      const found = await loadCertificate(folder);
      if (found.cert === last.cert && found.key === last.key) return;
      on.changed(found);
      last = found;
    } catch (error) {
      on.failed(error);
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
