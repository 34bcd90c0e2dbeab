/** A dimension: a number, a symbol (`batch`), or arithmetic on symbols (`8 * sequence`) that is bound later. */
export type Dim = number | Expression;

export type Operator = '+' | '-' | '*' | '//' | '%';

export type Expression =
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'arithmetic'; readonly operator: Operator; readonly left: Dim; readonly right: Dim };

/** Values for symbols, by name. */
export type Bindings = ReadonlyMap<string, number>;

const APPLY: Record<Operator, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '//': (left, right) => Math.floor(left / right),
  '%': (left, right) => left % right,
};

export function symbol(name: string): Expression {
  return { kind: 'symbol', name };
}

/** Arithmetic on two dims; folds to a number where both are known and the result is one. */
export function arithmetic(operator: Operator, left: Dim, right: Dim): Dim {
  const known = typeof left === 'number' && typeof right === 'number' ? APPLY[operator](left, right) : NaN;
  return Number.isFinite(known) ? known : { kind: 'arithmetic', operator, left, right };
}

/** The value of a dim under the bindings, or undefined while a symbol in it is free. */
export function bindDim(dim: Dim, bindings: Bindings): number | undefined {
  if (typeof dim === 'number') return dim;
  if (dim.kind === 'symbol') return bindings.get(dim.name);
  const left = bindDim(dim.left, bindings);
  const right = bindDim(dim.right, bindings);
  if (left === undefined || right === undefined) return undefined;
  const value = APPLY[dim.operator](left, right);
  return Number.isFinite(value) ? value : undefined;
}

/** The names of the free symbols of a dim. */
export function symbolsOf(dim: Dim): string[] {
  if (typeof dim === 'number') return [];
  if (dim.kind === 'symbol') return [dim.name];
  return [...new Set([...symbolsOf(dim.left), ...symbolsOf(dim.right)])];
}

/** `8 * sequence`, as a person would write it. */
export function formatDim(dim: Dim): string {
  if (typeof dim === 'number') return String(dim);
  if (dim.kind === 'symbol') return dim.name;
  return `(${formatDim(dim.left)} ${dim.operator} ${formatDim(dim.right)})`;
}

const TOKEN = /\s*(\/\/|[A-Za-z_][\w.]*|\d+|[-+*%()])/y;

/** Longer text than this is not arithmetic anyone wrote, and the parser below recurses. */
const MAX_DIM_TEXT_LENGTH = 256;

/**
 * Reads a symbolic dimension as exporters write it (`batch`, `2*s0 + 1`). Text that is not such arithmetic is one
 * symbol by that name, which is what ONNX's `dim_param` means.
 */
export function parseDim(text: string): Dim {
  const tokens = tokenize(text);
  const parsed = tokens && parseSum(tokens, 0);
  return parsed && parsed.next === tokens.length ? parsed.dim : symbol(text.trim());
}

function tokenize(text: string): string[] | undefined {
  if (text.length > MAX_DIM_TEXT_LENGTH) return undefined;
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match?.[1]) return undefined;
    tokens.push(match[1]);
  }
  return tokens;
}

interface Parsed {
  readonly dim: Dim;
  readonly next: number;
}

interface Level {
  readonly operators: readonly string[];
  operand(tokens: readonly string[], at: number): Parsed | undefined;
}

const PRODUCT: Level = { operators: ['*', '//', '%'], operand: parseAtom };
const SUM: Level = { operators: ['+', '-'], operand: (tokens, at) => parseChain(tokens, at, PRODUCT) };

function parseChain(tokens: readonly string[], at: number, level: Level): Parsed | undefined {
  let left = level.operand(tokens, at);
  while (left && level.operators.includes(tokens[left.next] ?? '')) {
    const operator = tokens[left.next] as Operator;
    const right = level.operand(tokens, left.next + 1);
    left = right && { dim: arithmetic(operator, left.dim, right.dim), next: right.next };
  }
  return left;
}

function parseSum(tokens: readonly string[], at: number): Parsed | undefined {
  return parseChain(tokens, at, SUM);
}

function parseAtom(tokens: readonly string[], at: number): Parsed | undefined {
  const token = tokens[at];
  if (token === undefined) return undefined;
  if (token === '(') {
    const inner = parseSum(tokens, at + 1);
    return inner && tokens[inner.next] === ')' ? { dim: inner.dim, next: inner.next + 1 } : undefined;
  }
  if (/^\d/.test(token)) return { dim: Number(token), next: at + 1 };
  return /^\w/.test(token) ? { dim: symbol(token), next: at + 1 } : undefined;
}
