import type { Agent } from 'node:http';
import type { Target } from '../../../src/shared/sidecar-config.ts';
import type { ReflectionGuard } from './reflection.ts';
import type { HeaderRules } from './request/headers.ts';

/** The way to one upstream. */
export interface Route {
  readonly target: Target;
  /** The target's, for the `Host` header. */
  readonly authority: string;
  /** Puts the target's base path in front. */
  readonly upstreamPath: (path: string) => string;
  readonly rules: HeaderRules;
  readonly guard: ReflectionGuard;
  readonly agent: Agent;
}

/** A version that ends the base path is not repeated: SDKs append to a base URL that ends in one. */
export function pathsBelow(basePath: string): (path: string) => string {
  const version = /\/v\d+(?:alpha|beta)?$/.exec(basePath)?.[0];
  if (version === undefined) return (path) => basePath + path;
  return (path) => basePath + (path.startsWith(`${version}/`) ? path.slice(version.length) : path);
}
