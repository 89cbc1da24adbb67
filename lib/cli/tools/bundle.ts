/**
 * `deno task bundle`: the library as files that need nothing else, in `dist/`.
 *
 * `deno bundle` does the bundling; what a bundle is not to carry (tfjs, weights) is exchanged for the
 * stand-ins in `lib/bundle/` by an import map.
 *
 * @module
 */
import { dts, rollup } from "../../deps/rollup.ts";
import { type EngineBuild, engineBytes } from "../../engine/module.ts";
import { DEFAULT_MODEL } from "../../models/registry.ts";

const root = new URL("../../../", import.meta.url);
const dist = new URL("dist/", root);

/** The web service; it is given a detector, so it holds none. */
const SERVICE = "lib/http/handler.ts";

/** No tfjs, but a decoder of JPEG for runtimes that have none. */
const STAND_INS = {
  "lib/detector/tensor_runner.ts": "lib/bundle/no_tensors.ts",
  "lib/codec/jpeg_alone.ts": "lib/bundle/jpeg_alone.ts",
};

/** The weights that ship, except those of one model, → none. */
async function withoutWeights(kept?: string): Promise<Record<string, string>> {
  const folder = "lib/weights/embedded/";
  const entries = await Array.fromAsync(Deno.readDir(new URL(folder, root)));
  return Object.fromEntries(
    entries.filter(({ name }) => name !== `${kept}.ts`)
      .map(({ name }) => [`${folder}${name}`, "lib/bundle/no_weights.ts"]),
  );
}

/** Bundles a script with some of its files exchanged for others. Returns the size in bytes. */
async function bundle(
  name: string,
  script: string,
  exchanged: Readonly<Record<string, string>>,
): Promise<number> {
  const imports = Object.fromEntries(
    Object.entries(exchanged).map((pair) => pair.map((path) => new URL(path, root).href)),
  );
  const map = `data:application/json,${encodeURIComponent(JSON.stringify({ imports }))}`;
  const output = new URL(name, dist);
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      ...["bundle", "--quiet", "--minify", "--platform", "browser", "--no-lock", "--no-config"],
      ...["--import-map", map, "--output", output.pathname, new URL(script, root).pathname],
    ],
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${name}: ${new TextDecoder().decode(stderr)}`);
  return await joinBase64(output);
}

/** Takes the line breaks out of the weights, 1 % of them. Returns the size in bytes. */
async function joinBase64(file: URL): Promise<number> {
  const code = await Deno.readTextFile(file);
  const joined = code.replace(/`\n[\w+/=\n]+`/g, (weights) => weights.replaceAll("\n", ""));
  await Deno.writeTextFile(file, joined);
  return joined.length;
}

/** The public types of a script in one file. */
async function declarations(script: string): Promise<string> {
  const compilerOptions = {
    allowImportingTsExtensions: true,
    exactOptionalPropertyTypes: true,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
    strict: true,
    types: [],
  };
  type Options = Parameters<typeof rollup>[0];
  // The plugin's types are those of another version of Rollup.
  const plugins = [dts({ compilerOptions } as Parameters<typeof dts>[0]) as unknown];
  const input = new URL(script, root).pathname;
  const rolled = await rollup({ input, plugins: plugins as Options["plugins"] } as Options);
  return (await rolled.generate({ format: "es" })).output[0].code;
}

/** What npm wants to know; the version is the project's. */
async function packageJson(): Promise<string> {
  const { name, version, license } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const entry = (file: string) => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
  const exports = {
    ".": entry("tinyface"),
    "./core": entry("tinyface-core"),
    "./handler": entry("handler"),
    "./engine_relaxed.wasm": "./engine_relaxed.wasm",
    "./engine_simd.wasm": "./engine_simd.wasm",
  };
  const files = ["*.js", "*.d.ts", "*.wasm"];
  const fields = { name, version, license, type: "module", exports, files };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

await Deno.mkdir(dist, { recursive: true });
const sizes = {
  "tinyface.js": await bundle("tinyface.js", "mod.ts", {
    ...STAND_INS,
    ...await withoutWeights(DEFAULT_MODEL),
  }),
  "tinyface-core.js": await bundle("tinyface-core.js", "mod.ts", {
    ...STAND_INS,
    ...await withoutWeights(),
  }),
  "handler.js": await bundle("handler.js", SERVICE, STAND_INS),
};
const types = {
  "tinyface": await declarations("mod.ts"),
  "tinyface-core": await declarations("mod.ts"),
  "handler": await declarations(SERVICE),
};
for (const [name, text] of Object.entries(types)) {
  await Deno.writeTextFile(new URL(`${name}.d.ts`, dist), text);
}
for (const build of ["relaxed", "simd"] satisfies EngineBuild[]) {
  await Deno.writeFile(new URL(`engine_${build}.wasm`, dist), engineBytes(build));
}
await Deno.writeTextFile(new URL("package.json", dist), await packageJson());
for (const name of ["README.md", "LICENSE"]) {
  await Deno.copyFile(new URL(name, root), new URL(name, dist));
}
for (const [name, bytes] of Object.entries(sizes)) console.log(`dist/${name}: ${bytes} bytes`);
