import { describeError, UserError } from '../errors.ts';
import type { Reporter } from '../reporter.ts';
import { ROLES, type Role } from '../shared/network.ts';
import type { Engine, ImageFacts } from './engine.ts';
import { baseImage, buildArgs, type ImageNames } from './images.ts';
import { settleAll } from './settle.ts';
import { watched } from './watch.ts';

/**
 * An image's name says nothing about the packages in it, so a machine that is kept for long would never get the
 * security updates of Squid, OpenSSL and Node. Debian publishes such updates several times a month, and a rebuild takes
 * half a minute: twice a month costs little and leaves no known hole open for long.
 */
const MAX_AGE_DAYS = 14;

const DAY_MS = 24 * 60 * 60 * 1000;

/** An image that has to be built. */
interface Build {
  readonly role: Role;
  readonly name: string;
  /** Its place among the images that are built: `1 of 3`. */
  readonly place: string;
  readonly base: string | undefined;
  /** Age of the image that the build replaces. Undefined if the run has nothing to fall back on. */
  readonly ageDays: number | undefined;
}

/**
 * Makes sure that the engine has AWF's own images, and that they are not too old. The builds run side by side, without
 * the layer cache: a cached layer would bring the old packages back.
 *
 * Other runs may use an image that is rebuilt, or rebuild it at the same time. The engine moves the name to the new
 * image when a build is complete, and containers keep the image that they were created from.
 *
 * @param root the action's own directory, with the `containers/` folder
 * @param force builds all images, whatever the engine has
 * @returns what the engine knew about the images before any was built
 * @throws UserError naming the image that is missing and cannot be built
 */
export async function ensureOwnImages(
  engine: Engine,
  images: ImageNames,
  root: string,
  reporter: Reporter,
  force = false,
): Promise<ReadonlyMap<string, ImageFacts>> {
  const present = await engine.imagesOf(ROLES.map((role) => images[role]));
  const needed = ROLES.flatMap((role): Omit<Build, 'place'>[] => {
    const name = images[role];
    const facts = force ? undefined : present.get(name);
    const ageDays = facts && (Date.now() - facts.builtAt) / DAY_MS;
    if (ageDays !== undefined && ageDays <= MAX_AGE_DAYS) return [];
    return [{ role, name, base: baseImage(role, root), ageDays }];
  });
  if (needed.length === 0) return present;
  const builds = needed.map((one, index) => ({ ...one, place: `${index + 1} of ${needed.length}` }));
  const unavailable = await pullBases(engine, builds, reporter);
  const outcomes = await settleAll(builds.map((build) => attempt(engine, build, root, unavailable, reporter)));
  warnOfOutdated(outcomes.flat(), reporter);
  return present;
}

/** An image that the run goes on with although it is too old. */
interface Outdated {
  readonly name: string;
  readonly ageDays: number;
  readonly cause: unknown;
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
  try {
    await watched(what, reporter.info, (onLine) =>
      engine.build(buildArgs(role, name, root, new Date()), (line) => {
        onLine(line);
        reporter.debug(`${role}: ${line}`);
      }),
    );
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

/** One warning for all images: the runner shows ten annotations per step. */
function warnOfOutdated(images: readonly Outdated[], reporter: Reporter): void {
  const [first] = images;
  if (first === undefined) return;
  const list = images.map(({ name, ageDays }) => `${name} (${inDays(ageDays)} old)`).join(', ');
  reporter.warning(
    `Images older than ${MAX_AGE_DAYS} days could not be rebuilt: ${list}. ` +
      `The run uses them as they are, without the security updates since then.\nCause: ${describeError(first.cause)}`,
  );
}

function inDays(days: number): string {
  return `${Math.floor(days)} days`;
}
