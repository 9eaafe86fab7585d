import type { FoundContainer } from './engine.ts';
import { markOf } from './spec.ts';

/** What is read of a container, a network or a volume in a list of the engine's. */
export interface Listed {
  readonly Id?: string;
  /** Of a container, each with a slash in front. */
  readonly Names?: readonly string[] | null;
  /** Of a network or a volume. */
  readonly Name?: string;
  /** Of a container. */
  readonly State?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** The states of a container that has processes. */
const RUNNING = ['running', 'restarting', 'paused'];

export const containerName = ({ Names }: Listed): string => Names?.[0]?.replace(/^\//, '') ?? '';

export function foundContainer(listed: Listed): FoundContainer {
  return { name: containerName(listed), isRunning: RUNNING.includes(listed.State ?? ''), mark: markOf(listed.Labels) };
}

/** The query for what carries a label. @param label `name`, or `name=value` */
export const labelled = (label: string): Readonly<Record<string, string>> => ({
  filters: JSON.stringify({ label: [label] }),
});
