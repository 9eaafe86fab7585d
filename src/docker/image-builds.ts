import { describeError, UserError } from '../errors.ts';
import type { Reporter } from '../reporter.ts';
import type { Engine } from './engine.ts';
import { baseImage, buildArgs } from './images.ts';
import { settleAll } from './settle.ts';
import { watched } from './watch.ts';
import { inDays, type ImageSource, type Outdated, type WantedImage } from './wanted-images.ts';

/** An image that has to be built. */
interface Build extends WantedImage {
  /** Its place among the images that are built: `1 of 3`. */
  readonly place: string;
  readonly base: string | undefined;
}

/** How often a build is tried. A mirror that does not answer once usually answers the next time. */
const ATTEMPTS = 2;

/**
 * Builds images side by side, without the layer cache: a cached layer would bring the old packages back.
 *
 * @returns the images that are out of date and stay so
 * @throws UserError naming the image that is missing and cannot be built
 */
export async function buildImages(
  engine: Engine,
  wanted: readonly WantedImage[],
  { root, bases }: ImageSource,
  reporter: Reporter,
): Promise<Outdated[]> {
  const builds = wanted.map((image, index): Build => {
    const base = baseImage(image.role, root);
    const place = `${index + 1} of ${wanted.length}`;
    return { ...image, place, base: base === undefined || bases === undefined ? base : `${bases}/${base}` };
  });
  const unavailable = await pullBases(engine, builds, reporter);
  const outcomes = await settleAll(builds.map((build) => attempt(engine, build, root, unavailable, reporter)));
  const outdated = outcomes.flat();
  const skipped = new Set(outdated.map(({ name }) => name));
  await expectImages(
    engine,
    builds.map(({ name }) => name).filter((name) => !skipped.has(name)),
  );
  return outdated;
}

/** @throws UserError when a build succeeded, and its image is not on the engine */
async function expectImages(engine: Engine, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const present = await engine.imagesOf(names);
  const missing = names.filter((name) => !present.has(name));
  if (missing.length === 0) return;
  throw new UserError(`The engine does not have what was built: ${missing.join(', ')}.`, {
    hint:
      'docker build ran on another engine, or kept the image in a cache of its own. See which builder it uses ' +
      '(docker buildx ls), and whether an alias or a wrapper stands for docker.',
  });
}

/**
 * Builds one image.
 *
 * @param unavailable base images that could not be pulled, with the errors
 * @returns the image if it is out of date and stays so
 * @throws UserError when there is no image to fall back on
 */
async function attempt(
  engine: Engine,
  { role, name, place, base, ageDays }: Build,
  root: string,
  unavailable: ReadonlyMap<string, unknown>,
  reporter: Reporter,
): Promise<Outdated[]> {
  const pullError = unavailable.get(base ?? '');
  // On the same old base the rebuild would bring little, and would make the image look new.
  if (pullError !== undefined && ageDays !== undefined) return [{ name, ageDays, cause: pullError }];
  const reason =
    ageDays === undefined
      ? 'the engine does not have it'
      : `it is ${inDays(ageDays)} old and may lack security updates`;
  const what = `Building awf-${role} (${place})`;
  reporter.info(`${what}: ${reason}.`);
  const build = (): Promise<void> =>
    watched(what, reporter.info, (onLine) =>
      engine.build(buildArgs(role, name, root, new Date(), base), (line) => {
        onLine(line);
        reporter.debug(`${role}: ${line}`);
      }),
    );
  try {
    await persist(build, (error) => {
      reporter.info(`The build of ${name} failed, and is tried once more. Cause: ${describeError(error)}`);
    });
  } catch (cause) {
    if (ageDays !== undefined) return [{ name, ageDays, cause }];
    throw new UserError(`The image ${name} could not be built.`, {
      hint: 'Run script/bootstrap in a checkout of the action, or look at the build with log-level: debug.',
      cause,
    });
  }
  if (pullError !== undefined) {
    reporter.warning(
      `The image ${name} was built on this machine's own copy of ${base ?? ''}, which may lack security updates: ` +
        `the registry's could not be pulled.\nCause: ${describeError(pullError)}`,
    );
  }
  return [];
}

/** Does something {@link ATTEMPTS} times at most. @param onFailure called before it is done again */
async function persist(work: () => Promise<void>, onFailure: (error: unknown) => void): Promise<void> {
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (left === 0) throw error;
      onFailure(error);
    }
  }
}

/**
 * Pulls the base images of `builds`, apart from stand-ins, which exist on this machine only.
 *
 * @returns the images that could not be pulled, with the errors
 */
async function pullBases(
  engine: Engine,
  builds: readonly Build[],
  reporter: Reporter,
): Promise<ReadonlyMap<string, unknown>> {
  const bases = [...new Set(builds.flatMap(({ base }) => base ?? []))];
  if (bases.length === 0) return new Map();
  const present = await engine.imagesOf(bases);
  const failures = new Map<string, unknown>();
  const pulls = bases
    .filter((base) => present.get(base)?.isStandIn !== true)
    .map((base) =>
      watched(`Pulling ${base}`, reporter.info, () => engine.pull(base)).catch((error: unknown) =>
        failures.set(base, error),
      ),
    );
  await Promise.all(pulls);
  return failures;
}
