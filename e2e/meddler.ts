// Another mutating webhook, sorted behind ours, that adds a container to every pod: Kubernetes then calls ours again.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import type { Cluster } from './cluster.js';

const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const NAME = 'zz-meddler';
const CONTAINER = { name: 'meddled', image: 'registry.invalid/sidecar' };

interface Review {
  readonly request: {
    readonly uid: string;
    readonly object: { readonly spec: { readonly containers: { name: string }[] } };
  };
}

export async function startMeddler(cluster: Cluster): Promise<{ stop(): Promise<void> }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const server = createServer({ cert, key }, (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(JSON.parse(text) as Review)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await cluster.api.ask('POST', PATH, configuration(port, cert));
  await cluster.eventually('the other webhook is called', async () => {
    const probe = { metadata: { name: 'meddler-probe' }, spec: { containers: [{ name: 'a', image: 'b' }] } };
    const { text } = await cluster.api.send('POST', '/api/v1/namespaces/team/pods?dryRun=All', probe);
    return text.includes(CONTAINER.name) || undefined;
  });
  return {
    stop: async () => {
      await cluster.api.ask('DELETE', `${PATH}/${NAME}`);
      server.close();
      server.closeAllConnections();
    },
  };
}

function configuration(port: number, cert: string): object {
  return {
    metadata: { name: NAME },
    webhooks: [
      {
        name: 'meddler.example.com',
        clientConfig: { url: `https://localhost:${port}/`, caBundle: Buffer.from(cert).toString('base64') },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
      },
    ],
  };
}

function answer({ request: { uid, object } }: Review): object {
  const isDone = object.spec.containers.some(({ name }) => name === CONTAINER.name);
  const patch = [{ op: 'add', path: '/spec/containers/-', value: CONTAINER }];
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: true,
      ...(!isDone && { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
    },
  };
}
