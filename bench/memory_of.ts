/**
 * How much memory another process has.
 *
 * @module
 */

/** Resident memory of a process, in MiB. Needs `ps`. */
export async function memoryOf(pid: number): Promise<number> {
  const ps = new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)] });
  return Number(new TextDecoder().decode((await ps.output()).stdout)) / 1024;
}
