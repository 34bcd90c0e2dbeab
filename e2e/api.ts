// A client of the API server for tests: unlike kubectl it costs no process, and it hands back the warnings.
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Identity } from './pki.js';

export interface Answer {
  readonly status: number;
  /** What webhooks and policies warned of, in the order of arrival. */
  readonly warnings: readonly string[];
  readonly text: string;
}

const TIMEOUT_MS = 30_000;

export class Api {
  readonly url: string;
  readonly #agent: Agent;

  constructor(url: string, ca: string, { cert, key }: Identity) {
    this.url = url;
    this.#agent = new Agent({ keepAlive: true, ca, cert, key });
  }

  /** Sends a request and hands back whatever came. */
  send(method: string, path: string, body?: unknown): Promise<Answer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return new Promise((resolve, reject) => {
      const call = request(`${this.url}${path}`, {
        method,
        agent: this.#agent,
        timeout: TIMEOUT_MS,
        headers: { 'content-type': type, accept: 'application/json, */*' },
      });
      call.on('response', (response) => {
        read(response).then(resolve, reject);
      });
      call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer after ${TIMEOUT_MS} ms`)));
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Sends a request and throws unless it succeeded. `T` is what the caller knows of the answer. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.send(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  get<T>(path: string): Promise<T> {
    return this.ask<T>('GET', path);
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    warnings: warningsIn(response.headers['warning'] ?? ''),
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

/** `299 - "text", 299 - "more"`, where `\` escapes (RFC 7234, 5.5). */
function warningsIn(header: string): string[] {
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}
