import { UserError } from '../errors.ts';
import { placeOf, type Given } from './source.ts';

/** A host with a dot or a port, or localhost: without either, Docker would take it for a path on Docker Hub. */
const HOST = /^(?:localhost|(?=[^/]*[.:])[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::\d{1,5})?$/;
/** A part of a repository's path, as a registry accepts it. */
const PART = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;

/** `image-registry`: a registry with a path below which AWF's images are. */
export function imageRegistry({ text, source }: Given): string {
  const [host = '', ...parts] = text.split('/');
  if (HOST.test(host) && parts.length > 0 && parts.every((part) => PART.test(part))) return text;
  throw new UserError(`${placeOf(source)}: "${text}" is not a registry with a path.`, { hint: hintFor(text) });
}

function hintFor(text: string): string {
  const example = 'Write REGISTRY/PATH, for example "registry.example.com/tools/awf".';
  const bare = text
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/\/+$/, '')
    .toLowerCase();
  const isNamed = bare.includes('/') && bare !== text && !/[@?#\s]/.test(bare);
  return isNamed ? `Write "${bare}".` : `${example} AWF adds the names of its images.`;
}
