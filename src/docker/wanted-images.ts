import type { Role } from '../shared/network.ts';

/** Where AWF's own images come from if the engine lacks them. */
export interface ImageSource {
  /** The action's own directory, with `containers/` and `dist/`. */
  readonly root: string;
  /** The registry that the user names, and the option's name. Then nothing is built. */
  readonly registry?: { readonly path: string; readonly option: string } | undefined;
  /** `REGISTRY/PATH` that has the images which builds start from. Docker Hub by default. */
  readonly bases?: string | undefined;
  /** Renews all images, whatever the engine has. */
  readonly force?: boolean | undefined;
  /** Before it has resolved, nothing is pulled or built: the engine may be one that is refused. */
  readonly usable?: Promise<unknown>;
}

/** The image of the user's that the command runs in. */
export interface ForeignImage {
  readonly name: string;
  /** The option that names it, as its front end calls it. */
  readonly option: string;
}

/** An image that the engine lacks, or that is too old. */
export interface WantedImage {
  readonly role: Role;
  readonly name: string;
  /** Age of the image that is to be replaced. Undefined if the run has nothing to fall back on. */
  readonly ageDays: number | undefined;
}

/** An image that the run goes on with although it is too old. */
export interface Outdated {
  readonly name: string;
  readonly ageDays: number;
  readonly cause: unknown;
}

/** An age for messages. */
export function inDays(days: number): string {
  return `${Math.floor(days)} days`;
}
