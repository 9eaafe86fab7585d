import { join } from 'node:path';
import { describeError, UserError } from '../errors.ts';
import type { Reporter } from '../reporter.ts';
import { ROLES } from '../shared/network.ts';
import type { Engine, ImageFacts } from './engine.ts';
import { buildImages } from './image-builds.ts';
import { pullImages } from './image-pulls.ts';
import { publishedImages, type ImageNames } from './images.ts';
import { inDays, type ImageSource, type Outdated, type WantedImage } from './wanted-images.ts';

/**
 * An image's name says nothing about the packages in it, so a machine that is kept for long would never get the
 * security updates of Squid, OpenSSL and Node. Debian publishes such updates several times a month; a rebuild takes
 * half a minute of a job, and replaces the image under all of a machine's runs.
 */
const MAX_AGE_DAYS = 30;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Makes sure that the engine has AWF's own images, and that they are not too old.
 *
 * - An image that the engine has under its name is used, wherever it is from: built here, pulled, or loaded.
 * - From a registry that the user names, images are pulled, and nothing is built.
 * - Otherwise a missing image that a release has published is pulled. It is of the release's day: an image that this
 *   machine has kept for too long is replaced by a build.
 * - Everything else is built.
 *
 * Other runs may use an image that is replaced, or replace it at the same time. The engine moves the name to the new
 * image when it is complete, and containers keep the image that they were created from.
 *
 * @returns what the engine knew about the images before any was built
 * @throws UserError naming the image that is missing and cannot be had
 */
export async function ensureOwnImages(
  engine: Engine,
  images: ImageNames,
  source: ImageSource,
  reporter: Reporter,
): Promise<ReadonlyMap<string, ImageFacts>> {
  const present = await engine.imagesOf(ROLES.map((role) => images[role]));
  const wanted = ROLES.flatMap((role): WantedImage[] => {
    const name = images[role];
    const facts = source.force === true ? undefined : present.get(name);
    const ageDays = facts && ageOf(facts);
    return ageDays !== undefined && ageDays <= MAX_AGE_DAYS ? [] : [{ role, name, ageDays }];
  });
  if (wanted.length === 0) return present;
  await source.usable;
  const outdated =
    source.registry === undefined
      ? await published(engine, wanted, source, reporter)
      : await fromRegistry(engine, wanted, source.registry, reporter);
  warnOfOutdated(outdated, reporter);
  return present;
}

const ageOf = ({ builtAt }: ImageFacts): number => (Date.now() - builtAt) / DAY_MS;

/** Pulls what a release has published, and builds the rest. */
async function published(
  engine: Engine,
  wanted: readonly WantedImage[],
  source: ImageSource,
  reporter: Reporter,
): Promise<Outdated[]> {
  const references = source.force === true ? {} : publishedImages(join(source.root, 'dist'));
  const pulls = wanted.flatMap(({ role, name, ageDays }) => {
    const reference = ageDays === undefined ? references[role] : undefined;
    return reference === undefined ? [] : [{ reference, name }];
  });
  const failures = await pullImages(engine, pulls, reporter);
  const [first] = failures;
  if (first !== undefined) {
    const names = failures.map(({ reference }) => reference).join(', ');
    reporter.warning(
      `The published images could not be pulled, so AWF builds them here, which takes longer: ${names}.\n` +
        `Cause: ${describeError(first.cause)}`,
    );
  }
  const pulled = new Set(pulls.map(({ name }) => name));
  for (const { name } of failures) pulled.delete(name);
  const builds = wanted.filter(({ name }) => !pulled.has(name));
  return builds.length === 0 ? [] : buildImages(engine, builds, source, reporter);
}

/** @throws UserError for a missing image that the registry does not give */
async function fromRegistry(
  engine: Engine,
  wanted: readonly WantedImage[],
  { path, option }: NonNullable<ImageSource['registry']>,
  reporter: Reporter,
): Promise<Outdated[]> {
  const pulls = wanted.map(({ name }) => ({ reference: `${path}/${name}`, name }));
  const failures = new Map((await pullImages(engine, pulls, reporter)).map(({ name, ...failure }) => [name, failure]));
  const lacking = wanted.find(({ name, ageDays }) => ageDays === undefined && failures.has(name));
  if (lacking !== undefined) {
    const { reference, cause } = failures.get(lacking.name) ?? { reference: lacking.name, cause: undefined };
    throw new UserError(`${option}: ${reference} could not be pulled.`, {
      hint:
        'Push it there (docs/self-hosted.md has the commands), or log in to the registry first. ' +
        'The name belongs to this version of AWF.',
      cause,
    });
  }
  const now = await engine.imagesOf(wanted.map(({ name }) => name));
  return wanted.flatMap(({ name }): Outdated[] => {
    const facts = now.get(name);
    const ageDays = facts === undefined ? 0 : ageOf(facts);
    const cause = failures.get(name)?.cause ?? new UserError(`${option}: ${path} has no newer one.`);
    return ageDays <= MAX_AGE_DAYS ? [] : [{ name, ageDays, cause }];
  });
}

/** One warning for all images: the runner shows ten annotations per step. */
function warnOfOutdated(images: readonly Outdated[], reporter: Reporter): void {
  const [first] = images;
  if (first === undefined) return;
  const list = images.map(({ name, ageDays }) => `${name} (${inDays(ageDays)} old)`).join(', ');
  reporter.warning(
    `Images older than ${MAX_AGE_DAYS} days could not be renewed: ${list}. ` +
      `The run uses them as they are, without the security updates since then.\nCause: ${describeError(first.cause)}`,
  );
}
