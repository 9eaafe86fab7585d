import type { Limits } from './limits.ts';

/**
 * What the requests at all ports may take together. The limits of a port do not bound it: there is a port for each provider,
 * and a server for each named host.
 */
export class Capacity {
  readonly #limits: Pick<Limits, 'allRequests' | 'heldBytes'>;
  #requests = 0;
  #held = 0;

  constructor(limits: Pick<Limits, 'allRequests' | 'heldBytes'>) {
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.#requests >= this.#limits.allRequests;
  }

  addRequest(): void {
    this.#requests++;
  }

  removeRequest(): void {
    this.#requests--;
  }

  /** @returns false if there is no room for so many octets of bodies that wait for their verdict */
  hold(octets: number): boolean {
    if (this.#held + octets > this.#limits.heldBytes) return false;
    this.#held += octets;
    return true;
  }

  release(octets: number): void {
    this.#held -= octets;
  }
}
