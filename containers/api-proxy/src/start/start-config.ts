import type { SidecarConfig } from '../../../../src/shared/sidecar-config.ts';
import { configFromDocument } from './document-config.ts';
import { configFromEnvironment, type Environment } from './environment-config.ts';

/** Octets of the document on standard input, which may contain a bundle of CA certificates. */
const MAX_DOCUMENT = 4 * 1024 * 1024;

/** Standard input, or a substitute. */
export interface ConfigInput extends AsyncIterable<Buffer> {
  readonly isTTY?: boolean;
}

/**
 * Reads the configuration from standard input, or from the environment if standard input is empty or a terminal.
 *
 * @throws Error that names the field or variable and never quotes a value, since any of them may be a credential
 */
export async function readStartConfig(input: ConfigInput, env: Environment): Promise<SidecarConfig> {
  const document = input.isTTY === true ? '' : await readDocument(input);
  return document.trim() === '' ? configFromEnvironment(env) : configFromDocument(document);
}

async function readDocument(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    length += chunk.length;
    if (length > MAX_DOCUMENT) {
      throw new Error(`The configuration on standard input is larger than ${MAX_DOCUMENT} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
