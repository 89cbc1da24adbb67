/**
 * The environment.
 *
 * @module
 */

/** A variable's value; `undefined` when it is not set or Deno may not read it. Never prompts. */
export function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
