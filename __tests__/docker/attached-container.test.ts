import { describe, expect, test } from 'vitest';
import { AttachedContainer } from '../../src/docker/attached-container.ts';
import type { Attachment } from '../../src/docker/engine.ts';

/** A container whose output and exit the test controls. */
function aContainer(): { container: AttachedContainer; attachment: Attachment; end: (code: number) => void } {
  const { promise, resolve } = Promise.withResolvers<number>();
  let attachment: Attachment | undefined;
  const container = new AttachedContainer('Squid', 'configuration', (given) => {
    attachment = given;
    return promise;
  });
  return { container, attachment: attachment!, end: resolve };
}

describe('AttachedContainer', () => {
  test('reports an unexpected exit with the exit code and the last lines', async () => {
    const { container, attachment, end } = aContainer();
    void attachment.onStderr(Buffer.from('first\n\nsecond\n'));
    end(3);
    await expect(container.died).rejects.toThrow(
      'Squid ended unexpectedly with exit code 3. Its last lines:\nfirst\nsecond',
    );
  });

  test.each([0, 143])('that is asked to end (%d) was stopped by somebody else', async (code) => {
    const { container, end } = aContainer();
    end(code);
    await expect(container.died).rejects.toMatchObject({
      message: 'Squid was stopped during the run.',
      hint: expect.stringContaining('a restart of the Docker engine') as string,
    });
  });

  test('says so if there was no output', async () => {
    const { container, end } = aContainer();
    end(3);
    await expect(container.died).rejects.toThrow('(no output)');
  });

  test('an announced exit is no failure', async () => {
    const { container, end } = aContainer();
    container.expectEnd();
    end(137);
    await container.ended;
    const state = await Promise.race([container.died, Promise.resolve('pending')]);
    expect(state).toBe('pending');
  });

  test('reads a character split across two chunks as one, whatever the other stream writes in between', () => {
    const { container, attachment } = aContainer();
    const bytes = Buffer.from('café\n');
    void attachment.onStdout(bytes.subarray(0, 4));
    void attachment.onStderr(Buffer.from(''));
    void attachment.onStdout(bytes.subarray(4));
    expect(container.lastLines).toBe('café');
  });

  test('passes on each line of standard output, however it is cut', () => {
    const lines: string[] = [];
    let attachment: Attachment | undefined;
    new AttachedContainer(
      'The api-proxy',
      '',
      (given) => {
        attachment = given;
        return new Promise(() => undefined);
      },
      (line) => lines.push(line),
    );
    void attachment!.onStdout(Buffer.from('fir'));
    void attachment!.onStderr(Buffer.from('an error\n'));
    void attachment!.onStdout(Buffer.from('st\nsecond\nthi'));
    expect(lines).toEqual(['first', 'second']);
  });

  test('quotes only the last ten lines', () => {
    const { container, attachment } = aContainer();
    void attachment.onStdout(Buffer.from(Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join('')));
    expect(container.lastLines.split('\n')).toEqual(Array.from({ length: 10 }, (_, index) => `line ${index + 10}`));
  });
});
