/**
 * What AWF uses of the package `@actions/artifact`. Only `artifacts.ts` imports this file, and it is a bundle of its own
 * (`script/build`): it takes 300 ms to load, and a runner without an artifact service needs none of it.
 */
export { DefaultArtifactClient } from '@actions/artifact';
