import assert from "node:assert/strict";
import { type CliError, EXIT } from "../../../lib/cli/exit_codes.ts";
import { inspectCommand } from "../../../lib/cli/inspect/command.ts";

function inspect(...args: string[]): string {
  const lines: string[] = [];
  assert.equal(inspectCommand(args, (text) => lines.push(text)), EXIT.ok);
  return lines.join("\n");
}

Deno.test("inspectCommand() prints the seed's model: layers, shapes, parameters", () => {
  const text = inspect("tiny", "--alpha", "0.75");
  assert.match(text, /^block_16_project_BN +batchNorm +7×7×240 /m);
  assert.match(text, /^parameters +1,590,549$/m); // the seed's own setting, counted by Keras
  assert.match(text, /^grid +sigmoid +7×7×5 /m);
});

Deno.test("inspectCommand() prints the same as JSON", () => {
  const { parameters, layers, config } = JSON.parse(inspect("tiny", "--json", "--grid-size", "14"));
  assert.equal(parameters, 506_053);
  assert.equal(config.gridSize, 14);
  assert.deepEqual(layers.at(-1), {
    layer: "grid",
    operation: "sigmoid",
    output: [14, 14, 5],
    parameters: 0,
    multiplyAdds: 0,
  });
});

Deno.test("inspectCommand() names what it does not know", () => {
  for (
    const [args, problem] of [
      [["huge"], /Cannot find model "huge": choose from "edge", "tiny"/],
      [["tiny", "--grid-size", "5"], /gridSize is "5"/],
      [["tiny", "tinaface"], /one model at a time/],
    ] as const
  ) {
    assert.throws(
      () => inspectCommand(args, () => {}),
      (error: CliError) => error.exitCode === EXIT.usage && problem.test(error.message),
    );
  }
});
