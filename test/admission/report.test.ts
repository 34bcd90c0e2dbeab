import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NOTHING_APPLIED, readProvenance } from '../../src/admission/provenance.js';
import type { Provenance } from '../../src/admission/provenance.js';
import { estimateAnnotation, inputsHash, needOf, needSentence, statusSentence } from '../../src/admission/report.js';
import { GiB, GPUS, sizedModel } from '../helpers/sized.js';
import type { SizedOptions } from '../helpers/sized.js';
import { parsed, pod } from '../helpers/pods.js';

const PROVENANCE: Provenance = {
  container: 'main',
  original: { count: null },
  applied: NOTHING_APPLIED,
  inputsHash: 'sha256:1',
};

interface Estimate extends Provenance {
  readonly assumptions: readonly string[];
  readonly model: { readonly name: string };
  readonly memory: { readonly upperBytes: number };
}

function annotation(options: SizedOptions, provenance: Provenance = PROVENANCE): string {
  const sized = sizedModel(options);
  return estimateAnnotation(sized, needOf(sized, { product: GPUS.T4.product }), provenance, '1.2.3');
}

const estimate = (options: SizedOptions): Estimate => JSON.parse(annotation(options)) as Estimate;

describe('the estimate annotation', () => {
  test('says bytes, FLOPs, hash, setup, assumptions, version and what was applied', () => {
    expect(JSON.parse(annotation({ gib: 10, assumptions: ['batch 32 was taken'] }))).toEqual({
      version: '1.2.3',
      model: { name: 'net', format: 'onnx', parameters: 1000, trainableParameters: 1000, structureHash: 'sha256:net' },
      memory: {
        expectedBytes: 9 * GiB,
        upperBytes: 10 * GiB,
        breakdown: expect.objectContaining({ parametersBytes: 4000 }),
        headroom: { bandBytes: 0, eagerContextBytes: 0, marginBytes: GiB },
        contextSource: { source: 'nobody', measured: false },
      },
      compute: {
        gpu: 'Tesla-T4',
        forwardFlops: 1e9,
        trainingFlops: 3e9,
        stepSeconds: 0.8,
        smShare: 1,
        requiredFlopsPerSecond: null,
      },
      setup: {
        batchSize: { value: 32, from: 'default' },
        optimizer: { value: 'adamw', from: 'default' },
        precision: { value: 'fp32', from: 'default' },
        loss: { value: 'cross-entropy', from: 'default' },
      },
      assumptions: ['batch 32 was taken'],
      confidence: 'high',
      ...PROVENANCE,
    });
  });

  test('says the other options where somebody stated them, but no shapes, which may be of any length', () => {
    const sized = sizedModel({ gib: 10 });
    const inputShapes = { value: { ['x'.repeat(9000)]: [3] }, from: 'annotation' } as const;
    const gradientCheckpointing = { value: 'full', from: 'annotation' } as const;
    const stated = { ...sized, setup: { ...sized.setup, gradientCheckpointing, inputShapes } };
    const text = estimateAnnotation(stated, needOf(stated, undefined), PROVENANCE, '1.2.3');
    expect(JSON.parse(text)).toMatchObject({ setup: { gradientCheckpointing } });
    expect(text).not.toContain('inputShapes');
    expect(annotation({ gib: 10 })).not.toContain('gradientCheckpointing');
  });

  test('has twelve assumptions at most, each of 160 characters at most, and says how many are left out', () => {
    const { assumptions } = estimate({
      assumptions: Array.from({ length: 20 }, (_, at) => `${at} ${'x'.repeat(300)}`),
    });
    expect(assumptions).toHaveLength(13);
    expect(assumptions.slice(0, 12).map(({ length }) => length)).toEqual(Array.from({ length: 12 }, () => 160));
    expect(assumptions[12]).toBe('and 8 more');
  });

  test('has the first 128 characters of a longer name', () => {
    expect(estimate({ name: 'n'.repeat(1000) }).model.name).toBe('n'.repeat(128));
  });

  test('is never longer than what is read, in bytes, and is read', () => {
    const labels = Array.from({ length: 64 }, (_, at) => `${'a'.repeat(60)}${at}`);
    const requirements = [
      { key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['15359'] },
      { key: 'nvidia.com/gpu.product', operator: 'NotIn', values: labels },
    ];
    const applied = { ...NOTHING_APPLIED, count: 1, prefer: 'a'.repeat(63), product: 'a'.repeat(63), requirements };
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), text, (assumptions, name) => {
        const written = annotation({ assumptions, name }, { ...PROVENANCE, applied });
        expect(Buffer.byteLength(written)).toBeLessThanOrEqual(8192);
        const read = readProvenance(parsed(pod({ annotations: { 'layergauge.dev/estimate': written } })));
        expect(read?.applied).toEqual(applied);
      }),
    );
  });

  test('gives up assumptions rather than grow too long', () => {
    const values = Array.from({ length: 64 }, (_, at) => `${'a'.repeat(50)}${at}`);
    const applied = {
      ...NOTHING_APPLIED,
      requirements: [{ key: 'nvidia.com/gpu.product', operator: 'NotIn', values }],
    };
    // Of three bytes each: twelve assumptions of 160 characters have 5760 bytes, six 2880, and the labels 3500.
    const assumptions = Array.from({ length: 30 }, () => '…'.repeat(300));
    const written = annotation({ assumptions }, { ...PROVENANCE, applied });
    expect(Buffer.byteLength(written)).toBeLessThanOrEqual(8192);
    expect((JSON.parse(written) as Estimate).assumptions).toEqual([
      ...Array.from({ length: 6 }, () => '…'.repeat(160)),
      'and 24 more',
    ]);
  });
});

describe('the need', () => {
  const sized = sizedModel({ gib: { T4: 9, A10: 10, A100: 11, A100_80: 12, H100: 8 } });
  const gib = (gpu: { product: string } | undefined): number => needOf(sized, gpu).upperBytes / GiB;

  test('is that on the GPU that was chosen', () => {
    expect(gib(GPUS.A100)).toBe(11);
  });

  test('is the least where none was', () => {
    expect(gib(undefined)).toBe(8);
  });

  test('is the most where nobody knows the GPU', () => {
    expect(gib({ product: 'NVIDIA-New' })).toBe(12);
  });

  test('is none of a model that was sized for no GPU', () => {
    expect(() => needOf({ ...sized, onGpus: [] }, undefined)).toThrow('one GPU at least');
  });
});

test('the sentences name the amount and the setup', () => {
  const sized = sizedModel({ gib: 10 });
  const need = needOf(sized, undefined);
  expect(needSentence(sized, need)).toBe('training needs 10.00 GiB at batch 32, adamw, fp32');
  expect(statusSentence(sized, need, '1 GPU like Tesla-T4')).toBe(
    '1 GPU like Tesla-T4: training needs 10.00 GiB (expected 9.00 GiB) at batch 32, adamw, fp32; confidence high',
  );
});

describe('the hash of what decides an answer', () => {
  const hash = (
    annotations: Record<string, unknown> = {},
    count: number | null = null,
    spec: Record<string, unknown> = {},
  ): string => inputsHash(parsed(pod({ annotations, spec })), sizedModel(), { count });

  test('is SHA-256', () => {
    expect(hash()).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test.each([
    [
      'the order of annotations',
      hash({ 'layergauge.dev/mode': 'advise', 'layergauge.dev/batch-size': '1' }),
      hash({ 'layergauge.dev/batch-size': '1', 'layergauge.dev/mode': 'advise' }),
    ],
    ["others' annotations", hash({ 'example.com/a': 'x' }), hash()],
    ['what we wrote', hash({ 'layergauge.dev/estimate': '{}', 'layergauge.dev/status': 'x' }), hash()],
    ['the rest of the pod', hash({}, null, { nodeSelector: { zone: 'a' } }), hash()],
  ])('does not change with %s', (_, one, other) => {
    expect(one).toBe(other);
  });

  test('changes with an annotation of ours, with the structure and with what stood there before', () => {
    const sized = sizedModel();
    const other = { ...sized, model: { ...sized.model, structureHash: 'sha256:other' } };
    const hashes = [
      hash(),
      hash({ 'layergauge.dev/batch-size': '1' }),
      hash({}, 0),
      hash({}, 1),
      inputsHash(parsed(pod()), other, { count: null }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
