const KiB = 1024;

function scaled(value: number, base: number, units: readonly string[]): string {
  let index = 0;
  let rest = value;
  while (rest >= base && index < units.length - 1) {
    rest /= base;
    index++;
  }
  const digits = index === 0 || rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[index] ?? ''}`.trimEnd();
}

/** `13.8 GiB` */
export function formatBytes(bytes: number): string {
  return scaled(bytes, KiB, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
}

/** `8.18 GFLOP` */
export function formatFlops(flops: number): string {
  return scaled(flops, 1000, ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP', 'PFLOP']);
}

/** `25.6 M` */
export function formatCount(count: number): string {
  return scaled(count, 1000, ['', 'K', 'M', 'G', 'T']);
}

/** `85.1 ms` */
export function formatSeconds(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return seconds >= 1e-3 ? `${(seconds * 1e3).toFixed(1)} ms` : `${(seconds * 1e6).toFixed(0)} us`;
}

/** `12.3 %` */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
