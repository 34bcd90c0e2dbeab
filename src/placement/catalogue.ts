import type { ComputeDType, GpuFamily, GpuSpec } from '../estimate/gpu.js';

type Teraflops = Partial<Record<ComputeDType, number>> & { readonly float32: number };

interface Board {
  readonly family: GpuFamily;
  readonly labelMiB: number;
  readonly usableMiB: number;
  readonly multiprocessors: number;
  readonly gigabytesPerSecond: number;
}

/**
 * One row per product, by usable memory, then compute. Peaks are dense with fp32 accumulation; float32 is the CUDA-core rate.
 * Usable memory differs by tens of MiB between drivers: a row has a low one of those published. The RTX A6000 and RTX 6000 Ada
 * rows are with ECC off; with ECC on their label is 46068.
 */
export const GPU_CATALOGUE: readonly GpuSpec[] = [
  row(
    'Tesla-T4',
    { family: 'turing', labelMiB: 15360, usableMiB: 14909, multiprocessors: 40, gigabytesPerSecond: 320 },
    { float32: 8.1, float16: 65 },
    {
      memory: 'modal-labs/modal-client#2797 (nvidia-smi totals)',
      usable:
        'OOM messages of Kaggle T4s, "total capacity of 14.56 GiB"; 14.75 GiB on an older driver (hpcaitech/Open-Sora#697)',
      compute: 'Lightning throughput.py, quoting the NVIDIA T4 datasheet; hmc-tech.com',
    },
  ),
  row(
    'Tesla-V100-SXM2-16GB',
    { family: 'volta', labelMiB: 16384, usableMiB: 16160, multiprocessors: 80, gigabytesPerSecond: 900 },
    { float32: 15.7, float16: 125 },
    {
      memory: '1CatAI/1Cat-vLLM#85 (nvidia-smi, driver 570)',
      usable: 'ultralytics/yolov5 tutorial notebook (total_memory=16160MB)',
      compute: 'mosaicml/composer and Lightning throughput.py, quoting the NVIDIA V100 datasheet',
    },
  ),
  row(
    'NVIDIA-A10',
    { family: 'ampere', labelMiB: 23028, usableMiB: 22517, multiprocessors: 72, gigabytesPerSecond: 600 },
    { float32: 31.2, tf32: 62.5, float16: 125, bfloat16: 125 },
    {
      memory: 'QwenLM/Qwen3#678 (nvidia-smi)',
      usable: 'zai-org/CogVLM#236 (total capacity 21.99 GiB)',
      compute: 'mosaicml/composer, quoting the NVIDIA A10 datasheet',
    },
  ),
  row(
    'NVIDIA-L4',
    { family: 'ada-lovelace', labelMiB: 23034, usableMiB: 22558, multiprocessors: 58, gigabytesPerSecond: 300 },
    { float32: 30.3, tf32: 60, float16: 121, bfloat16: 121, float8: 242 },
    {
      memory: 'modal-labs/modal-client#2797 (nvidia-smi totals)',
      usable: 'ArcInstitute/evo2#190 (total capacity 22.03 GiB)',
      compute: 'winston-zhang-orz/gpu-specs (dense; hmc-tech.com has 3 % more at boost clock)',
    },
  ),
  row(
    'NVIDIA-A10G',
    { family: 'ampere', labelMiB: 23028, usableMiB: 22587, multiprocessors: 80, gigabytesPerSecond: 600 },
    { float32: 35, tf32: 35, float16: 70, bfloat16: 70 },
    {
      memory: 'NVIDIA/DCGM#232 (nvidia-smi, driver 535)',
      usable: 'meta-pytorch/torchcodec "Accelerated video decoding on GPUs" (total_memory=22587MB)',
      compute: 'NVIDIA A10G datasheet for AWS (35 fp32, 35 tf32, 70 bf16 dense), as quoted in public code',
    },
  ),
  row(
    'NVIDIA-GeForce-RTX-4090',
    { family: 'ada-lovelace', labelMiB: 24564, usableMiB: 24084, multiprocessors: 128, gigabytesPerSecond: 1008 },
    { float32: 82.6, tf32: 82.6, float16: 165.2, bfloat16: 165.2, float8: 330 },
    {
      memory: 'RLinf/RLinf#255 (nvidia-smi, driver 550)',
      usable: 'ZiYang-xie/WorldGen#25 (total capacity 23.52 GiB)',
      compute: 'hmc-tech.com (fp32 accumulate); zzc0721/torch-performance-test-data',
    },
  ),
  row(
    'NVIDIA-GeForce-RTX-3090',
    { family: 'ampere', labelMiB: 24576, usableMiB: 24125, multiprocessors: 82, gigabytesPerSecond: 936 },
    { float32: 35.6, tf32: 35.6, float16: 71.2, bfloat16: 71.2 },
    {
      memory: 'noonghunna/club-3090#58 (nvidia-smi, driver 580)',
      usable: 'noonghunna/club-3090#58 (total capacity 23.56 GiB)',
      compute: 'NVIDIA GA102 whitepaper (fp32 accumulate), via public notes',
    },
  ),
  row(
    'NVIDIA-GeForce-RTX-5090',
    { family: 'blackwell', labelMiB: 32607, usableMiB: 32117, multiprocessors: 170, gigabytesPerSecond: 1792 },
    { float32: 104.8, tf32: 104.8, float16: 209.5, bfloat16: 209.5, float8: 419 },
    {
      memory: 'noonghunna/club-3090#617 (nvidia-smi, driver 595)',
      usable: 'aikitoria/open-gpu-kernel-modules#1 (deviceQuery, 33677180928 bytes)',
      compute: 'zzc0721/torch-performance-test-data (nominal, fp32 accumulate)',
    },
  ),
  row(
    'Tesla-V100-SXM2-32GB',
    { family: 'volta', labelMiB: 32768, usableMiB: 32501, multiprocessors: 80, gigabytesPerSecond: 900 },
    { float32: 15.7, float16: 125 },
    {
      memory: 'Wan-Video/Wan2.1#5 (nvidia-smi, driver 525)',
      usable: 'liucongg/ChatGLM-Finetuning#73 (V100 32GB, total capacity 31.74 GiB)',
      compute: 'mosaicml/composer and Lightning throughput.py, quoting the NVIDIA V100 datasheet',
    },
  ),
  row(
    'NVIDIA-A100-PCIE-40GB',
    { family: 'ampere', labelMiB: 40960, usableMiB: 40326, multiprocessors: 108, gigabytesPerSecond: 1555 },
    { float32: 19.5, tf32: 156, float16: 312, bfloat16: 312 },
    {
      memory: 'Project-HAMi/HAMi#314 (registered device memory)',
      usable: 'UPPMAX course page "GPUs" (total_memory=40326MB)',
      compute: 'NVIDIA A100 datasheet; stas00/ml-engineering',
    },
  ),
  row(
    'NVIDIA-A100-SXM4-40GB',
    { family: 'ampere', labelMiB: 40960, usableMiB: 40339, multiprocessors: 108, gigabytesPerSecond: 1555 },
    { float32: 19.5, tf32: 156, float16: 312, bfloat16: 312 },
    {
      memory: 'modal-labs/modal-client#2797 (nvidia-smi totals)',
      usable: 'bottlerocket-os/bottlerocket#3873 (deviceQuery, 42298834944 bytes)',
      compute: 'NVIDIA A100 datasheet; stas00/ml-engineering',
    },
  ),
  row(
    'NVIDIA-A40',
    { family: 'ampere', labelMiB: 46068, usableMiB: 45416, multiprocessors: 84, gigabytesPerSecond: 696 },
    { float32: 37.4, tf32: 74.8, float16: 149.7, bfloat16: 149.7 },
    {
      memory: 'chatdoc-com/OCRFlux#64 (nvidia-smi, driver 535)',
      usable: `public server inventory, "name='NVIDIA A40', ... total_memory=45416MB"`,
      compute: 'hmc-tech.com (37.42 fp32, 74.83 tf32, 149.67 bf16 dense)',
    },
  ),
  row(
    'NVIDIA-L40S',
    { family: 'ada-lovelace', labelMiB: 46068, usableMiB: 45455, multiprocessors: 142, gigabytesPerSecond: 864 },
    { float32: 91.6, tf32: 183, float16: 362, bfloat16: 362, float8: 733 },
    {
      memory: 'modal-labs/modal-client#2797 (nvidia-smi totals)',
      usable:
        'OOM messages of L40S (g6e.4xlarge), "total capacity of 44.39 GiB"; 44.53 GiB on an older driver (bmaltais/kohya_ss#2724)',
      compute: 'stas00/ml-engineering (dense); zzc0721/torch-performance-test-data',
    },
  ),
  row(
    'NVIDIA-RTX-6000-Ada-Generation',
    { family: 'ada-lovelace', labelMiB: 49140, usableMiB: 48508, multiprocessors: 142, gigabytesPerSecond: 960 },
    { float32: 91.1, tf32: 182, float16: 364, bfloat16: 364, float8: 728 },
    {
      memory: 'public nvidia-smi listings, "NVIDIA RTX 6000 Ada Generation, 49140 MiB" (ECC off)',
      usable: 'unslothai/unsloth-zoo#1053 (50865307648 bytes; ECC off)',
      compute: 'third-party tables of the RTX 6000 Ada Generation datasheet (dense)',
    },
  ),
  row(
    'NVIDIA-RTX-A6000',
    { family: 'ampere', labelMiB: 49140, usableMiB: 48670, multiprocessors: 84, gigabytesPerSecond: 768 },
    { float32: 38.7, tf32: 77.4, float16: 154.8, bfloat16: 154.8 },
    {
      memory: 'public nvidia-smi listings, "NVIDIA RTX A6000, 49140 MiB" (ECC off)',
      usable: 'ultralytics/ultralytics#19084 (48670 MiB); black-forest-labs/flux2#23 (47.53 GiB)',
      compute: 'NVIDIA GA102 whitepaper (fp32 accumulate), via public notes; pytorch/torchtitan tools/utils.py',
    },
  ),
  row(
    'NVIDIA-H100-PCIe',
    { family: 'hopper', labelMiB: 81559, usableMiB: 81008, multiprocessors: 114, gigabytesPerSecond: 2000 },
    { float32: 51, tf32: 378, float16: 756, bfloat16: 756, float8: 1513 },
    {
      memory: 'public nvidia-smi listings, "NVIDIA H100 PCIe, 81559 MiB" (drivers 535 to 595)',
      usable: `public log of torch 2.0.1, "name='NVIDIA H100 PCIe', ... total_memory=81008MB"`,
      compute: 'stas00/ml-engineering and mosaicml/composer, quoting the NVIDIA H100 datasheet (dense)',
    },
  ),
  row(
    'NVIDIA-H100-80GB-HBM3',
    { family: 'hopper', labelMiB: 81559, usableMiB: 81008, multiprocessors: 132, gigabytesPerSecond: 3350 },
    { float32: 67, tf32: 494.5, float16: 989.5, bfloat16: 989.5, float8: 1979 },
    {
      memory: 'modal-labs/modal-client#2797 (nvidia-smi totals)',
      usable: 'vllm-project/vllm#27508 (total capacity 79.11 GiB)',
      compute: 'stas00/ml-engineering and mosaicml/composer, quoting the NVIDIA H100 datasheet (dense)',
    },
  ),
  row(
    'NVIDIA-A100-80GB-PCIe',
    { family: 'ampere', labelMiB: 81920, usableMiB: 81039, multiprocessors: 108, gigabytesPerSecond: 1935 },
    { float32: 19.5, tf32: 156, float16: 312, bfloat16: 312 },
    {
      memory: 'public nvidia-smi listings, "NVIDIA A100 80GB PCIe, 81920 MiB" (driver 595)',
      usable: 'lianqi1008/Control-GIC#6 (A100 80GB, form factor not stated, total capacity 79.14 GiB)',
      compute: 'NVIDIA A100 datasheet; stas00/ml-engineering',
    },
  ),
  row(
    'NVIDIA-A100-SXM4-80GB',
    { family: 'ampere', labelMiB: 81920, usableMiB: 81051, multiprocessors: 108, gigabytesPerSecond: 2039 },
    { float32: 19.5, tf32: 156, float16: 312, bfloat16: 312 },
    {
      memory: 'modal-labs/modal-client#2797 (nvidia-smi totals)',
      usable: 'ultralytics/ultralytics#22877 (81051 MiB)',
      compute: 'NVIDIA A100 datasheet; stas00/ml-engineering',
    },
  ),
  row(
    'NVIDIA-H100-NVL',
    { family: 'hopper', labelMiB: 95830, usableMiB: 95232, multiprocessors: 132, gigabytesPerSecond: 3938 },
    { float32: 60, tf32: 417.5, float16: 835, bfloat16: 835, float8: 1671 },
    {
      memory: 'NVIDIA/gpu-admin-tools#4 (nvidia-smi, driver 535); wilicc/gpu-burn#141 (driver 580)',
      usable: 'ali-vilab/VACE#56 (total capacity 93.00 GiB)',
      compute: 'pytorch/torchtitan tools/utils.py (one card: 835; tables with 1979 add two)',
    },
  ),
  row(
    'NVIDIA-H200',
    { family: 'hopper', labelMiB: 143771, usableMiB: 143052, multiprocessors: 132, gigabytesPerSecond: 4800 },
    { float32: 67, tf32: 494.5, float16: 989.5, bfloat16: 989.5, float8: 1979 },
    {
      memory: 'NVIDIA/cuda-samples#311 (nvidia-smi, driver 550)',
      usable: '"Fine-tune MiniCPM5-1B with unsloth" (Max memory: 139.7 GB, binary)',
      compute: 'stas00/ml-engineering, quoting the NVIDIA H200 datasheet (dense)',
    },
  ),
  row(
    'NVIDIA-B200',
    { family: 'blackwell', labelMiB: 183359, usableMiB: 182630, multiprocessors: 148, gigabytesPerSecond: 7672 },
    { float32: 80, tf32: 1125, float16: 2250, bfloat16: 2250, float8: 4500 },
    {
      memory: 'public nvidia-smi listings, "NVIDIA B200, 183359 MiB" (driver 580)',
      usable: 'pytorch/ao#4002 (total global memory 178.35 GiB)',
      compute: 'stas00/ml-engineering (dense); bandwidth (7680 bits) and multiprocessors: pytorch/ao#4002',
    },
  ),
];

function row(
  product: string,
  { gigabytesPerSecond, ...board }: Board,
  teraflops: Teraflops,
  sources: GpuSpec['sources'],
): GpuSpec {
  const rates = Object.entries(teraflops).map(([dtype, rate]) => [dtype, Math.round(rate * 1e12)]);
  const peakFlops = Object.fromEntries(rates) as GpuSpec['peakFlops'];
  return { product, ...board, peakFlops, bandwidthBytesPerSecond: gigabytesPerSecond * 1e9, sources };
}
