import { FormatError, parseStructure } from '../formats/index.js';
import type { ByteSource } from '../formats/index.js';
import type { Graph } from '../graph/index.js';
import { openFile } from '../sources/file.js';
import { InputError, systemError } from './errors.js';

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

/** What is wrong with a file, or the error itself where it is not the file's fault. */
export function asInputError(path: string, error: unknown): unknown {
  if (error instanceof FormatError) return new InputError(error.code, `${path}: ${error.message}`);
  return systemError(path, error) ?? error;
}
