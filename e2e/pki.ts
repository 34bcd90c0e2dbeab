// The keys of a test cluster: one authority that signs the API server's certificate and the admin's, and the pair that
// signs service account tokens. Written as files, because that is how the programs take them.
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface Pki {
  readonly ca: string;
  readonly admin: Identity;
}

/** The files' names inside the cluster's folder. */
export const PKI_FILES = {
  ca: 'ca.crt',
  servingCert: 'apiserver.crt',
  servingKey: 'apiserver.key',
  tokenKey: 'sa.key',
  tokenPublicKey: 'sa.pub',
} as const;

type Options = NonNullable<Parameters<typeof generate>[1]>;
type Extensions = NonNullable<Options['extensions']>;

const KEY_KIND = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
const SIGNS: Extensions[number] = { name: 'keyUsage', digitalSignature: true, critical: true };

// The service's address is the first of --service-cluster-ip-range.
const SERVING_NAMES: Extensions[number] = {
  name: 'subjectAltName',
  altNames: [
    { type: 7, ip: '127.0.0.1' },
    { type: 7, ip: '10.0.0.1' },
    { type: 2, value: 'localhost' },
    { type: 2, value: 'kubernetes.default.svc' },
  ],
};

export async function createPki(folder: string): Promise<Pki> {
  const authority = await generate([{ name: 'commonName', value: 'layergauge-e2e' }], {
    ...KEY_KIND,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const signed = async (names: Record<string, string>, extensions: Extensions): Promise<Identity> => {
    const attributes = Object.entries(names).map(([name, value]) => ({ name, value }));
    const ca = { key: authority.private, cert: authority.cert };
    const made = await generate(attributes, { ...KEY_KIND, ca, extensions: [SIGNS, ...extensions] });
    return { cert: made.cert, key: made.private };
  };
  const serving = await signed({ commonName: 'kube-apiserver' }, [
    { name: 'extKeyUsage', serverAuth: true },
    SERVING_NAMES,
  ]);
  const admin = await signed({ commonName: 'admin', organizationName: 'system:masters' }, [
    { name: 'extKeyUsage', clientAuth: true },
  ]);
  await writePki(folder, authority.cert, serving);
  return { ca: authority.cert, admin };
}

async function writePki(folder: string, ca: string, serving: Identity): Promise<void> {
  const tokens = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files: Record<keyof typeof PKI_FILES, string> = {
    ca,
    servingCert: serving.cert,
    servingKey: serving.key,
    tokenKey: tokens.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    tokenPublicKey: tokens.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, PKI_FILES[name as keyof typeof PKI_FILES]), text, { mode: 0o600 });
  }
}

/** A kubeconfig for whoever holds a certificate or a token. JSON is YAML. */
export function kubeconfigText(server: string, ca: string, user: Identity | { readonly token: string }): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const credentials =
    'token' in user ? user : { 'client-certificate-data': base64(user.cert), 'client-key-data': base64(user.key) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'e2e', cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: 'e2e', user: credentials }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e', namespace: 'default' } }],
    'current-context': 'e2e',
  });
}
