import type { Neighbour } from './engine.ts';

/** The part of a container's networks in `docker inspect` that matters here. */
type Networks = Readonly<Record<string, { readonly IPAddress?: string; readonly Aliases?: readonly string[] | null }>>;

/**
 * @param inspected the engine's `NetworkSettings.Networks` of a container
 * @param prefix what the names of the networks that matter begin with
 */
export function neighboursIn(inspected: unknown, prefix: string): Neighbour[] {
  return Object.entries(inspected as Networks)
    .filter(([network]) => network.startsWith(prefix))
    .flatMap(([network, { IPAddress: address = '', Aliases: names }]) =>
      address === '' ? [] : [{ network, names: names ?? [], address }],
    );
}
