import type { SidecarConfig } from '../../../../src/shared/sidecar-config.ts';
import { configFromDocument } from './document-config.ts';
import { configFromEnvironment, type Environment } from './environment-config.ts';

/** Octets of the document on standard input, a bundle of CA certificates included. */
const MAX_DOCUMENT = 4 * 1024 * 1024;

/** Standard input, or what stands in for it. */
export interface ConfigInput extends AsyncIterable<Buffer> {
  readonly isTTY?: boolean;
}

/**
 * The configuration from standard input; where that is empty or a terminal, from the environment.
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
      throw new Error(`The configuration on standard input is larger than ${String(MAX_DOCUMENT)} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
