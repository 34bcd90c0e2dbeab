import { FormatError, parseStructure } from '../formats/index.js';
import type { ByteSource } from '../formats/index.js';
import type { Graph } from '../graph/index.js';
import { openFile } from '../sources/file.js';
import { InputError } from './errors.js';

/** What the operating system says, in words that say what to do. */
const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied: the file cannot be read',
  EISDIR: 'this is a directory: name the model file in it',
};

/** Opens a file for the time of an action; every way it can fail becomes one clear line. */
export async function withFile<T>(path: string, action: (source: ByteSource) => Promise<T>): Promise<T> {
  try {
    const source = await openFile(path);
    try {
      return await action(source);
    } finally {
      await source.close();
    }
  } catch (error) {
    throw asInputError(path, error);
  }
}

export function loadGraph(path: string): Promise<Graph> {
  return withFile(path, parseStructure);
}

export function asInputError(path: string, error: unknown): unknown {
  if (error instanceof FormatError) return new InputError(error.code, `${path}: ${error.message}`);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = FILE_ERRORS[code];
  return words === undefined ? error : new InputError(code, `${path}: ${words}`);
}
