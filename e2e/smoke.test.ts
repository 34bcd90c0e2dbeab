// The harness itself: a cluster whose nodes are Ready, whose GPUs are scheduled and whose Jobs complete.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1Job, V1NodeList, V1Pod } from '@kubernetes/client-node';
import { GPU_MODELS, startCluster } from './cluster.js';
import type { Cluster } from './cluster.js';

const PODS = '/api/v1/namespaces/default/pods';
const JOBS = '/apis/batch/v1/namespaces/default/jobs';

const container = {
  name: 'train',
  image: 'registry.invalid/train',
  resources: { limits: { 'nvidia.com/gpu': '1' } },
};

const gpuPod = (name: string): V1Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [container] },
});

describe('a cluster', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.createNode({ name: 'plain' });
    await cluster.createNode({ name: 'gpu', gpus: { ...GPU_MODELS.a100, count: 2 } });
  });

  afterAll(async () => {
    await cluster.stop();
  });

  test('has the version that charts ask for', async () => {
    expect(await cluster.api.get('/version')).toMatchObject({ gitVersion: 'v1.35.1', major: '1', minor: '35' });
  });

  test('has Ready nodes with the labels and the GPUs they were given', async () => {
    const { items } = await cluster.api.get<V1NodeList>('/api/v1/nodes?labelSelector=nvidia.com/gpu.present');
    const [node] = items;
    expect(node?.metadata?.name).toBe('gpu');
    expect(node?.metadata?.labels).toMatchObject({ 'nvidia.com/gpu.memory': '81920', 'nvidia.com/gpu.replicas': '1' });
    expect(node?.status?.allocatable).toMatchObject({ 'nvidia.com/gpu': '2', cpu: '64' });
    const { stdout } = await cluster.adminKubectl('get', 'nodes', '--no-headers');
    expect(stdout).toMatch(/^gpu +Ready/m);
    expect(stdout).toMatch(/^plain +Ready/m);
  });

  test('schedules a pod that asks for a GPU to the node that has one, and it runs', async () => {
    await cluster.apply(gpuPod('train'));
    const pod = await cluster.eventually('the pod runs', async () => {
      const now = await cluster.api.get<V1Pod>(`${PODS}/train`);
      return now.status?.phase === 'Running' ? now : undefined;
    });
    expect(pod.spec?.nodeName).toBe('gpu');
  });

  test('leaves a pod pending that asks for more GPUs than there are', async () => {
    const greedy = { ...container, resources: { limits: { 'nvidia.com/gpu': '3' } } };
    await cluster.apply({ ...gpuPod('greedy'), spec: { containers: [greedy] } });
    const message = await cluster.eventually('the scheduler says why', async () => {
      const { status } = await cluster.api.get<V1Pod>(`${PODS}/greedy`);
      return status?.conditions?.find(({ reason }) => reason === 'Unschedulable')?.message;
    });
    expect(message).toContain('Insufficient nvidia.com/gpu');
  });

  test('completes a Job', async () => {
    const job: V1Job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'train' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
    };
    await cluster.apply(job);
    const status = await cluster.eventually('the Job is complete', async () => {
      const now = await cluster.api.get<V1Job>(`${JOBS}/train`);
      return now.status?.completionTime === undefined ? undefined : now.status;
    });
    expect(status.succeeded).toBe(1);
  });

  test('hands warnings on, through the API and through kubectl', async () => {
    const deprecated = {
      ...gpuPod('warned'),
      metadata: { name: 'warned', annotations: { 'scheduler.alpha.kubernetes.io/critical-pod': '' } },
    };
    const { status, warnings } = await cluster.api.send('POST', `${PODS}?dryRun=All`, deprecated);
    expect(status).toBe(201);
    expect(warnings).toEqual([expect.stringContaining('critical-pod')]);
    expect((await cluster.apply(deprecated)).stderr).toContain('critical-pod');
  });

  test('holds a service account to its permissions', async () => {
    const kubeconfig = await cluster.kubeconfigFor('default', 'default');
    const denied = cluster.adminKubectl(`--kubeconfig=${kubeconfig}`, 'get', 'nodes');
    await expect(denied).rejects.toThrow('system:serviceaccount:default:default');
  });

  test("gives the API server's metrics", async () => {
    expect(await cluster.metrics()).toContain('apiserver_request_total');
  });
});
