import type { EngineFacts } from '../docker/engine-facts.ts';
import { versionOf } from '../host/installation.ts';
import { firstLine } from '../log/start.ts';
import { Queue, type RunReporter } from '../reporter.ts';

/** Prints the first line of a run. What is said before it is known waits: the first line comes first. */
export class Opening {
  readonly reporter: RunReporter;
  readonly #said: RunReporter;
  readonly #root: string;
  readonly #label: string | undefined;
  readonly #queue = new Queue();
  #isPrinted = false;

  /**
   * @param root the installation's directory
   * @param label what people call the run, without credentials
   */
  constructor(reporter: RunReporter, root: string, label: string | undefined) {
    this.#said = reporter;
    this.#label = label;
    this.#root = root;
    this.reporter = this.#queue.in(reporter, () => !this.#isPrinted);
  }

  /** @param engine undefined if it does not answer, or was not asked. Only the first call counts. */
  print(engine?: Pick<EngineFacts, 'version' | 'platform'>): void {
    if (this.#isPrinted) return;
    this.#isPrinted = true;
    const { platform = ownPlatform(), version: engineVersion } = engine ?? {};
    const line = firstLine({ version: knownVersion(this.#root), label: this.#label, platform, engine: engineVersion });
    this.#said.group(line, []);
    this.#queue.flush();
  }
}

/** That of this machine, as images name it. */
const ownPlatform = (): string => `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;

/** An installation without its `package.json` works all the same. */
function knownVersion(root: string): string | undefined {
  try {
    return versionOf(root);
  } catch {
    return undefined;
  }
}
