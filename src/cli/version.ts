declare const __VERSION__: string | undefined;

/** The version of package.json, which the bundler puts in; `dev` when run from source. */
export const VERSION = typeof __VERSION__ === 'string' ? __VERSION__ : 'dev';
