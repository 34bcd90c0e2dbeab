// Renders the chart into manifests/, for people without Helm: `make manifests`. A test fails where it has drifted.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const CHART = join(ROOT, 'charts/layergauge');

/** With certificates by cert-manager and a given path nothing is made up, so that one chart has one rendering. */
const VALUES = join(CHART, 'ci/cert-manager-values.yaml');

export const MANIFESTS = join(ROOT, 'manifests/layergauge.yaml');

const HEADER = '# Generated from charts/layergauge by `make manifests`. How to use it: README.md.\n';

/** What only means something to Helm. */
const HELMS = /^ *(?:helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n|^# Source: .*\n/gm;

/**
 * @param {string} helm the program
 * @returns {string} the manifests
 */
export function renderManifests(helm) {
  const options = ['--namespace', 'layergauge', '--values', VALUES];
  const rendered = execFileSync(helm, ['template', 'layergauge', CHART, ...options], { encoding: 'utf8' });
  return HEADER + rendered.replaceAll(HELMS, '');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(MANIFESTS, renderManifests(join(ROOT, '.tools/helm4')));
}
