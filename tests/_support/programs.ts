// Programs beside the repository, for the machines that have them.

/** Why a program cannot be run here, or `null` when it can. */
export function whyNot(program: string): string | null {
  const name = program.split("/").at(-1);
  try {
    const { success } = new Deno.Command(program, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? null : `${name} --version fails`;
  } catch (error) {
    return error instanceof Deno.errors.NotCapable
      ? `no permission to run ${name}`
      : `${name} is not installed`;
  }
}

/** A test that needs a program; skipped, with the reason in its name, where it is absent. */
export function testWith(program: string, name: string, body: () => Promise<void>): void {
  const reason = whyNot(program);
  Deno.test({
    name: reason === null ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== null,
    fn: body,
  });
}

/** A port that nobody listens on, for a program that cannot choose one itself. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
