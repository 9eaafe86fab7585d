import { withHint } from '../errors.ts';
import { checkRepository } from './github.ts';
import { placeOf, type Given } from './source.ts';

/** The name of GitHub's token among the run's secrets, which is its variable on the command line. */
export const GITHUB_TOKEN_SECRET = 'AWF_GITHUB_TOKEN';

/** `OWNER/NAME` */
export const repositoryName = ({ text, source }: Given): string =>
  withHint('For example "octo-org/hello-world".', () => checkRepository(placeOf(source), text));
