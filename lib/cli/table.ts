/**
 * Text tables for terminals.
 *
 * @module
 */

/**
 * Columns that line up, two spaces between them: the first to the left, the others to the right.
 *
 * @param rows Cells; all rows as long as the first.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map((row) => row[k]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, k) => k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
