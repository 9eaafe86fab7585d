import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ownerOf } from '../src/host/owner.ts';

/** The owner of a run whose process has ended. */
export async function killedOwner(): Promise<string> {
  const child = spawn('sleep', ['60']);
  const owner = ownerOf(child.pid);
  child.kill('SIGKILL');
  await once(child, 'close');
  if (owner === undefined) throw new Error('The system does not tell one process from another.');
  return owner;
}
