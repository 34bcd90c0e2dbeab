const ZIP = [0x50, 0x4b, 0x03, 0x04];
/** Names of entries that only such an archive has; the first ones stand at the beginning of the file. */
const ENTRY = /models\/[^/]+\.json|data\/(?:weights|constants)\/|archive_format|serialized_exported_program\.json/;
/** A program by itself begins with its graph, or at least names one early. */
const PROGRAM = /^\s*\{[\s\S]*?"graph_module"\s*:\s*\{/;

export function isArchive(head: Uint8Array): boolean {
  return ZIP.every((byte, at) => head[at] === byte);
}

/** True for the archive that torch.export.save writes, and for the program in it. */
export function sniffTorchExport(head: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(head);
  return isArchive(head) ? ENTRY.test(text) : PROGRAM.test(text);
}
