import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ownerOf } from '../../src/host/owner.ts';
import { workDirectoryOf } from '../../src/host/paths.ts';
import { lockWorkspace } from '../../src/host/workspace-lock.ts';
import { finishKilledRuns, killedRuns, writeMark, type KilledRun } from '../../src/run/killed-runs.ts';
import { newRunId } from '../../src/run/run.ts';
import { writeBaseline, type Baseline } from '../../src/workspace/baseline.ts';
import { NOTHING_LEFT, temporaryDirectory } from '../../testing/builders.ts';
import { FakeEngine } from '../../testing/engine/fake-engine.ts';
import { killedOwner } from '../../testing/killed-process.ts';

/** The system's directory, because AWF trusts no other. Each test looks at its own runs only. */
const TEMPORARY = tmpdir();

let killed: string;
beforeAll(async () => {
  killed = await killedOwner();
});

/** Leaves what a killed run leaves. @returns its id and its directory */
function leave(
  owner: string | undefined,
  workspace?: string,
  temporary = TEMPORARY,
): { id: string; directory: string } {
  const id = newRunId();
  const directory = workDirectoryOf(id, temporary);
  mkdirSync(directory, { mode: 0o700 });
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  writeMark(directory, { runId: id, owner });
  if (workspace !== undefined) writeBaseline(directory, { workspace } as Baseline);
  return { id, directory };
}

const withId = (id: string): KilledRun[] => killedRuns(TEMPORARY).filter(({ mark }) => mark.runId === id);
const isFound = (id: string, temporary?: string): boolean =>
  killedRuns(temporary ?? TEMPORARY).some(({ mark }) => mark.runId === id);

describe('a work directory', () => {
  test('of a killed run is found, with the workspace', () => {
    const { id, directory } = leave(killed, '/workspace');
    expect(killedRuns(TEMPORARY)).toContainEqual({
      ...{ mark: { runId: id, owner: killed }, workDirectory: directory, workspace: '/workspace' },
    });
  });

  test('whose baseline is not complete belongs to a run that had started nothing', () => {
    const { id, directory } = leave(killed);
    writeFileSync(`${directory}/baseline.json`, '{"workspace":"/work');
    expect(withId(id)[0]?.workspace).toBeUndefined();
  });

  test('of a run that lives, or has a post step, is left alone', () => {
    expect(isFound(leave(ownerOf()).id)).toBe(false);
    expect(isFound(leave(undefined).id)).toBe(false);
  });

  test('that others can write to is not trusted', () => {
    const { id, directory } = leave(killed);
    chmodSync(directory, 0o770);
    expect(isFound(id)).toBe(false);
  });

  test('that is a link is not trusted', () => {
    const { id, directory } = leave(killed);
    const target = `${temporaryDirectory()}/target`;
    renameSync(directory, target);
    symlinkSync(target, directory);
    expect(isFound(id)).toBe(false);
  });

  test('is not trusted where the command of an earlier run can have made it', () => {
    const other = temporaryDirectory();
    expect(isFound(leave(killed, undefined, other).id, other)).toBe(false);
  });
});

/** What finishing a run calls. */
function surroundings() {
  const [searched, messages] = [[] as string[], [] as string[]];
  const keep = (text: string): number => messages.push(text);
  return {
    ...{ searched, messages, engine: new FakeEngine() },
    reporter: { debug: () => undefined, info: keep, warning: keep, error: keep },
    lookThrough: async (directory: string) => {
      searched.push(directory);
      return NOTHING_LEFT;
    },
  };
}

describe('finishing a killed run', () => {
  test('searches its workspace, and removes the directory last', async () => {
    const workspace = temporaryDirectory();
    const { id, directory } = leave(killed, workspace);
    const context = surroundings();
    await finishKilledRuns(withId(id), context);
    expect(context.searched).toContain(directory);
    expect(context.messages).toContain(`Finishing the run ${id} in ${workspace}, which was killed.`);
    expect(existsSync(directory)).toBe(false);
  });

  test('whose workspace is gone only removes the directory', async () => {
    const { id, directory } = leave(killed, '/nonexistent/workspace');
    const context = surroundings();
    await finishKilledRuns(withId(id), context);
    expect(context.searched).not.toContain(directory);
    expect(existsSync(directory)).toBe(false);
  });

  test('waits while another run works in the workspace', async () => {
    const workspace = temporaryDirectory();
    const { id, directory } = leave(killed, workspace);
    const lock = await lockWorkspace(workspace);
    await finishKilledRuns(withId(id), surroundings());
    lock.release();
    expect(existsSync(directory)).toBe(true);
  });

  test('keeps the directory if the search fails: the commits are in it', async () => {
    const { id, directory } = leave(killed, temporaryDirectory());
    const context = surroundings();
    const lookThrough = (): Promise<never> => Promise.reject(new Error('it died'));
    await finishKilledRuns(withId(id), { ...context, lookThrough });
    expect(context.messages).toContain(`Could not finish the run ${id}, which was killed: it died`);
    expect(existsSync(directory)).toBe(true);
  });
});
