// Run by zero_permissions_test.ts: finds the faces in the photo on stdin, with no permission at all.
import { createDetector, DeviceUnavailableError } from "../../mod.ts";

const granted: string[] = [];
for (const name of ["read", "write", "net", "env", "sys", "run", "ffi"] as const) {
  if ((await Deno.permissions.query({ name })).state === "granted") granted.push(name);
}
const photo = await new Response(Deno.stdin.readable).bytes();
using detector = await createDetector();
const faces = await detector.detect(photo);
const wasm = await createDetector({ device: "wasm" }).then(() => "it came up", (error) => {
  if (!(error instanceof DeviceUnavailableError)) throw error;
  return error.message;
});
console.log(JSON.stringify({ granted, device: detector.device, faces, wasm }));
