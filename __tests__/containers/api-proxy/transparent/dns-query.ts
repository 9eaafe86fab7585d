/** Queries of the DNS, as clients write them. */

const TYPES = { A: 1, PTR: 12, TXT: 16, AAAA: 28, HTTPS: 65, ANY: 255 } as const;

/** @param name labels separated by dots */
export function query(name: string, type: keyof typeof TYPES = 'A', flags = 0x0100): Buffer {
  const header = Buffer.from([0x12, 0x34, flags >> 8, flags & 0xff, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, TYPES[type], 0, 1])]);
}

/** The parts of an answer that matter to a client. */
export function parsed(answer: Buffer): { id: number; code: number; isAnswer: boolean; address: string | undefined } {
  return {
    id: answer.readUInt16BE(0),
    code: answer.readUInt16BE(2) & 15,
    isAnswer: answer.readUInt16BE(2) >= 0x8000,
    address: answer.readUInt16BE(6) === 1 ? [...answer.subarray(-4)].join('.') : undefined,
  };
}
