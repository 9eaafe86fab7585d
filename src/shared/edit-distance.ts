/** Letters to add, remove, replace or exchange with a neighbour. (optimal string alignment) */
export function editDistance(from: string, to: string): number {
  const rows: number[][] = [];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 0; i <= from.length; i++) {
    const row: number[] = (rows[i] = []);
    for (let j = 0; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const isExchanged = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] =
        i === 0 || j === 0
          ? i + j
          : Math.min(
              ...[at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same],
              isExchanged ? at(i - 2, j - 2) + 1 : Infinity,
            );
    }
  }
  return at(from.length, to.length);
}
