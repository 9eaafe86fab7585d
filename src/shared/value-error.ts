/**
 * A value that cannot be used, whoever gave it. The parsers on both sides of the container boundary throw it; it names the
 * value's place and never quotes a secret.
 */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}
