import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { MANIFESTS, renderManifests } from '../../scripts/manifests.mjs';
import { toolPath } from '../../e2e/tools.js';
import { CHART, ciFile, helm, HELMS, render, Rendering, template } from './helm.js';

const CI = readdirSync(join(CHART, 'ci')).map((file) => file.replace(/-values\.yaml$/, ''));
const read = (file: string): string => readFileSync(join(CHART, file), 'utf8');

test('there are values for CI beyond the defaults', () => {
  expect(CI).toContain('default');
  expect(CI.length).toBeGreaterThan(2);
});

describe.each(HELMS)('%s', (program) => {
  test.each(CI)('finds nothing to complain about with the values %s', async (name) => {
    const printed = await helm(program, ['lint', '--strict', CHART, '--values', ciFile(name)]);
    expect(printed).toContain('1 chart(s) linted, 0 chart(s) failed');
    expect(printed).not.toMatch(/\[(?:WARNING|ERROR)\]/);
  });

  test.each(CI)('gives every object of the values %s the labels that say whose it is', async (name) => {
    for (const { kind, metadata } of (await render(program, name)).manifests) {
      expect({ kind, ...metadata.labels }).toMatchObject({
        kind,
        'app.kubernetes.io/name': 'layergauge',
        'app.kubernetes.io/instance': 'layergauge',
        'app.kubernetes.io/managed-by': 'Helm',
      });
    }
  });

  test('refuses a cluster without stable matchConditions', async () => {
    await expect(template(program, [], '--kube-version', '1.29.9')).rejects.toThrow(
      'chart requires kubeVersion: >=1.30.0-0 which is incompatible with Kubernetes v1.29.9',
    );
  });
});

test.each(['cert-manager', 'locked-down'])('both majors render the values %s alike', async (name) => {
  const [one, other] = await Promise.all(HELMS.map((program) => render(program, name)));
  expect(one?.names).toEqual(other?.names);
  expect(one?.manifests).toEqual(expect.arrayContaining([...(other?.manifests ?? [])]));
});

test('objects are named after a release that is called otherwise, once', async () => {
  const named = (release: string): Promise<string> =>
    helm('helm4', ['template', release, CHART, '--show-only', 'templates/deployment.yaml']);
  expect(parse(await named('gpu')).metadata.name).toBe('gpu-layergauge');
  expect(parse(await named('layergauge-prod')).metadata.name).toBe('layergauge-prod');
});

test('a long name leaves room for the suffix of a Service', async () => {
  const name = 'a'.repeat(55);
  const rendering = await render('helm4', `fullnameOverride=${name}`);
  expect(rendering.all('Service').map(({ metadata }) => metadata.name)).toEqual([name, `${name}-metrics`]);
});

test('the chart installs the version of the package', () => {
  const { version, appVersion } = parse(read('Chart.yaml'));
  const packaged = JSON.parse(readFileSync(join(CHART, '../../package.json'), 'utf8')) as { version: string };
  expect({ version, appVersion }).toEqual({ version: packaged.version, appVersion: packaged.version });
});

test('a packaged chart leaves out what is only for CI', () => {
  expect(read('.helmignore')).toMatch(/^ci\/$/m);
});

describe('manifests/', () => {
  const text = readFileSync(MANIFESTS, 'utf8');

  test('is what the chart renders; `make manifests` rewrites it', () => {
    expect(text).toBe(renderManifests(toolPath('helm4')));
  });

  test('renders alike every time, with either major', async () => {
    const { names } = new Rendering(text);
    expect(new Rendering(renderManifests(toolPath('helm3'))).names).toEqual(names);
    expect((await render('helm3', 'cert-manager')).names).toEqual(names);
  });

  test('holds no Secret but the path that is to be replaced, and the README says so', () => {
    const secrets = new Rendering(text).all('Secret');
    expect(secrets.map(({ stringData }) => stringData)).toEqual([{ path: 'replace-this-with-a-secret' }]);
    const readme = readFileSync(join(MANIFESTS, '../README.md'), 'utf8');
    expect(readme).toContain('s/replace-this-with-a-secret/');
    expect(text).toContain('image: "layergauge:');
    expect(readme).toContain('image: "layergauge:');
  });

  test('does not say that Helm manages it', () => {
    expect(text).not.toMatch(/helm/i);
  });
});
