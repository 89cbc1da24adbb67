// mod.ts in a process of its own that may do nothing.
import assert from "node:assert/strict";
import type { ActiveDevice, Face } from "../../mod.ts";

const SCRIPT = new URL("without_permissions.ts", import.meta.url).href;
const PHOTO = new URL("../../data/samples/sample1.jpg", import.meta.url);

interface Report {
  readonly granted: readonly string[];
  readonly device: ActiveDevice;
  readonly faces: readonly Face[];
  readonly wasm: string;
}

Deno.test("mod.ts loads its own weights and detects on the engine with zero permissions", async () => {
  const child = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--cached-only", SCRIPT],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    new Blob([await Deno.readFile(PHOTO)]).stream().pipeTo(child.stdin),
  ]);
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const report: Report = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual(report.granted, []);
  assert.ok(report.faces.length > 0, "the sample has faces");
  assert.equal(report.wasm, 'Cannot use device "wasm": it needs --allow-read for its binary');
  assert.equal(report.device.name, "engine");
});
