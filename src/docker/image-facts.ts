import type { ImageFacts } from './engine.ts';

/** The label with the date on which AWF built an image, in ISO 8601. */
export const BUILT_LABEL = 'awf.built';

/** The label of a base image that `script/bootstrap` made on this machine: no registry has it. */
const STAND_IN_LABEL = 'awf.stand-in';

/** What is read of the engine's description of an image. */
export interface InspectedImage {
  readonly Os?: string;
  readonly Architecture?: string;
  readonly Created?: string;
  readonly Config?: {
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly Volumes?: Readonly<Record<string, object>> | null;
  } | null;
}

export function imageFacts({ Os = '', Architecture = '', Created = '', Config }: InspectedImage): ImageFacts {
  // BuildKit writes SOURCE_DATE_EPOCH as the date of creation where a job sets that variable. The label cannot be
  // misled.
  const built = Config?.Labels?.[BUILT_LABEL] ?? Created;
  return {
    platform: `${Os}/${Architecture}`,
    volumes: Object.keys(Config?.Volumes ?? {}),
    builtAt: Date.parse(built) || 0,
    isStandIn: Config?.Labels?.[STAND_IN_LABEL] === 'true',
  };
}
