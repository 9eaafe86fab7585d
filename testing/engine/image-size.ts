/** What a registry would store of an image. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { docker } from './engine.ts';

export interface ImageSize {
  readonly unpackedBytes: number;
  /** The sum of the layers, each compressed as `docker push` does. */
  readonly compressedBytes: number;
}

/** `docker push` and gzip itself compress at this level by default. */
const LEVEL = 6;

/** @param image one that the engine has */
export function imageSize(image: string): ImageSize {
  const path = mkdtempSync(join(tmpdir(), 'awf-image-'));
  try {
    const archive = join(path, 'image.tar');
    docker(['save', `--output=${archive}`, image]);
    const { status, stderr } = spawnSync('tar', ['-xf', archive, '-C', path], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const [manifest] = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as { Layers: string[] }[];
    const layers = (manifest?.Layers ?? []).map((layer) => readFileSync(join(path, layer)));
    return {
      unpackedBytes: Number(docker(['image', 'inspect', '--format={{.Size}}', image])),
      compressedBytes: layers.reduce((sum, layer) => sum + compressedLength(layer), 0),
    };
  } finally {
    rmSync(path, { recursive: true });
  }
}

/** An engine that stores images as containerd does has compressed the layers already. */
function compressedLength(layer: Buffer): number {
  return layer.readUInt16BE(0) === 0x1f8b ? layer.length : gzipSync(layer, { level: LEVEL }).length;
}
