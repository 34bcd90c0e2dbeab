import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { valueRows } from '../../scripts/chart-values.mjs';
import { CHART, HELMS, template } from './helm.js';
import type { Manifest } from './helm.js';

const read = (file: string): string => readFileSync(join(CHART, file), 'utf8');
const rows = valueRows(read('values.yaml'));
const schema: Manifest = JSON.parse(read('values.schema.json'));

/** A wrong value, and how each major says so: helm3, helm4. */
type Refusal = readonly [value: string, helm3: string, helm4: string];

/** Helm names everything that is wrong at once, so those of different keys are given together. */
const REFUSED: readonly (readonly Refusal[])[] = [
  [
    [
      'replica=3',
      '(root): Additional property replica is not allowed',
      "at '': additional properties 'replica' not allowed",
    ],
    [
      'server.prot=8443',
      'server: Additional property prot is not allowed',
      "at '/server': additional properties 'prot' not allowed",
    ],
    [
      'webhook.namespaceSelector.labels.a=b',
      'webhook.namespaceSelector: Additional property labels is not allowed',
      "at '/webhook/namespaceSelector': additional properties 'labels' not allowed",
    ],
    [
      'networkPolicy.metricsFrom[0].pods.a=b',
      'networkPolicy.metricsFrom.0: Additional property pods is not allowed',
      "at '/networkPolicy/metricsFrom/0': additional properties 'pods' not allowed",
    ],
  ],
  [
    ['replicas=0', 'replicas: Must be greater than or equal to 1', "at '/replicas': minimum: got 0, want 1"],
    [
      'warnPolicy.enabled=maybe',
      'warnPolicy.enabled: Invalid type. Expected: boolean, given: string',
      "at '/warnPolicy/enabled': got string, want boolean",
    ],
    [
      'server.port=443',
      'server.port: Must be greater than or equal to 1024',
      "at '/server/port': minimum: got 443, want 1,024",
    ],
    [
      'webhook.timeoutSeconds=6',
      'webhook.timeoutSeconds: Must be less than or equal to 5',
      "at '/webhook/timeoutSeconds': maximum: got 6, want 5",
    ],
    [
      'certificates.mode=acme',
      'certificates.mode: certificates.mode must be one of the following: "helm", "cert-manager", "provided"',
      "at '/certificates/mode': value must be one of 'helm', 'cert-manager', 'provided'",
    ],
    [
      'podDisruptionBudget.maxUnavailable=0',
      'podDisruptionBudget.maxUnavailable: Must be greater than or equal to 1',
      "at '/podDisruptionBudget/maxUnavailable': minimum: got 0, want 1",
    ],
    ['userId=0', 'userId: Must be greater than or equal to 1', "at '/userId': minimum: got 0, want 1"],
  ],
  [
    [
      'replicas=two',
      'replicas: Invalid type. Expected: integer, given: string',
      "at '/replicas': got string, want integer",
    ],
    [
      'webhook.path=guessable',
      "webhook.path: Does not match pattern '^([a-z0-9][-a-z0-9]{14,126}[a-z0-9])?$'",
      "at '/webhook/path': 'guessable' does not match pattern '^([a-z0-9][-a-z0-9]{14,126}[a-z0-9])?$'",
    ],
  ],
  [['replicas=null', '(root): replicas is required', "at '': missing property 'replicas'"]],
];

const PROVIDED = [
  'certificates.provided.secretName=mine',
  'certificates.provided.caBundle=-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----',
];

/** Values that are each right, and what is said of them together. */
const CONTRADICTIONS: readonly (readonly [values: readonly string[], messages: readonly string[]])[] = [
  [
    ['certificates.mode=provided'],
    [
      'certificates.mode is provided: set certificates.provided.caBundle, the CA in PEM',
      'certificates.mode is provided: set certificates.provided.secretName, the Secret with tls.crt and tls.key',
    ],
  ],
  [
    PROVIDED,
    [
      'certificates.provided.caBundle is set, but certificates.mode is helm',
      'certificates.provided.secretName is set, but certificates.mode is helm',
    ],
  ],
  [
    ['certificates.certManager.issuerRef.name=ca'],
    ['certificates.certManager.issuerRef.name is set, but certificates.mode is helm'],
  ],
  [['metrics.port=8443'], ['server.port and metrics.port are both 8443']],
  [['serviceAccount.create=false'], ['serviceAccount.create is false: set serviceAccount.name, the one to use']],
  [
    ['server.port=9090', 'serviceAccount.create=false'],
    [
      'server.port and metrics.port are both 9090',
      'serviceAccount.create is false: set serviceAccount.name, the one to use',
    ],
  ],
];

describe.each(HELMS)('%s', (program) => {
  test.each(REFUSED.map((wrong) => ({ values: wrong.map(([value]) => value), wrong })))(
    'refuses $values, and says why of each',
    async ({ values, wrong }) => {
      const printed = await template(program, values).catch(String);
      const complaints = [...printed.matchAll(/^- (.+)$/gm)].map(([, complaint]) => complaint);
      const expected = wrong.map(([, helm3, helm4]) => (program === 'helm3' ? helm3 : helm4));
      expect(complaints.sort()).toEqual([...expected].sort());
    },
  );

  test.each(CONTRADICTIONS)('refuses %j, naming all that is wrong', async (values, messages) => {
    await expect(template(program, values)).rejects.toThrow(
      `The values do not fit together:\n${messages.map((message) => `- ${message}\n`).join('')}\n`,
    );
  });

  test('takes what a chart that depends on this one passes on', async () => {
    await expect(template(program, ['global.cluster=a'])).resolves.toContain('kind: Deployment');
  });
});

describe('values.yaml', () => {
  test('says of every value what it is for', () => {
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter(([, , meaning]) => meaning === '')).toEqual([]);
  });

  test('has exactly the values that the schema knows, and of each object nothing else is allowed', () => {
    expect(keysOf(schema, parse(read('values.yaml'))).filter((key) => key !== 'global')).toEqual([]);
  });

  test('has its rows in the README, as they are; `make docs` rewrites them', () => {
    const [, block = ''] = read('README.md').split(/<!-- generated: values -->|<!-- end -->/);
    const table = block.trim().split('\n').slice(2);
    const cells = table.map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
    expect(cells).toEqual(rows.map(([key, fallback, meaning]) => [`\`${key}\``, `\`${fallback}\``, meaning]));
  });

  test('a comment at the top of a group belongs to its first value', () => {
    expect(valueRows('# a\nx: 1\ny:\n  # b\n  # c\n  z: { k: v }\n')).toEqual([
      ['x', '1', 'a'],
      ['y.z', '{"k":"v"}', 'b c'],
    ]);
  });
});

/** Keys that only the schema or only the values have, below objects whose keys the schema lists. */
function keysOf(node: Manifest, values: Manifest, path = ''): string[] {
  if (node?.properties === undefined) return [];
  if (node.additionalProperties !== false) return [`${path} (open)`];
  const known = Object.keys(node.properties);
  const given = Object.keys(values ?? {});
  // A label selector is a type of its own, whose keys are all optional.
  const different = [...known.filter((key) => !given.includes(key)), ...given.filter((key) => !known.includes(key))];
  return [
    ...different.map((key) => path + key),
    ...known.flatMap((key) => keysOf(node.properties[key], values?.[key], `${path}${key}.`)),
  ];
}
