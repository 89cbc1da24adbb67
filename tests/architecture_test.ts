// The rules of the design, held against the real imports and the real text of the code.
import assert from "node:assert/strict";
import { walkFiles } from "./_support/walk.ts";

const ROOT = new URL("../", import.meta.url);

/** Level of each folder of lib/ (README, "Layers"): a file imports its own level or below. */
const LEVELS: Readonly<Record<string, number>> = {
  numbers: 0,
  geometry: 0,
  image: 0,
  files: 0, // the interface of a store, and how files are put together
  graph: 1,
  backends: 1,
  engine: 1,
  executors: 1,
  kernels: 1,
  ops: 1,
  models: 2,
  losses: 2,
  weights: 2,
  onnx: 2,
  teachers: 2,
  codec: 2,
  detector: 3,
  bundle: 3, // what takes the place of other files in a bundle
  datasets: 3,
  evaluation: 3,
  training: 4,
  http: 4,
  cli: 5,
};

interface Source {
  /** From the root of the repository. */
  readonly path: string;
  /** Without comments. */
  readonly code: string;
  /** What it imports, exports from and starts as a worker, as written. */
  readonly imports: readonly string[];
  /** Those of them that are loaded along with it, types included. */
  readonly staticImports: readonly string[];
}

/** The code without comments; strings and regular expressions that look like one are left alone. */
function withoutComments(text: string): string {
  const token =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<![:\\/])\/\/[^\n]*/g;
  return text.replace(token, (_, string?: string) => string ?? "");
}

const STATEMENT =
  /(?:^|\n)\s*(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"]+)"|(?:^|\n)\s*import\s*"([^"]+)"/g;
const CALL = /\bimport\s*\(\s*"([^"]+)"/g;
const WORKER = /\bnew\s+URL\(\s*"([^"]+\.ts)",\s*import\.meta\.url/g;

function importsOf(code: string, patterns = [STATEMENT, CALL, WORKER]): string[] {
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, a, b]) => (a ?? b)!));
}

/** A source without comments. */
function sourceOf(path: string, code: string): Source {
  return { path, code, imports: importsOf(code), staticImports: importsOf(code, [STATEMENT]) };
}

async function sourcesIn(folder: string): Promise<Source[]> {
  const sources: Source[] = [];
  for await (const path of walkFiles(ROOT, folder)) {
    if (!path.endsWith(".ts") || path.endsWith(".d.ts")) continue;
    if (/^lib\/(kernels|engine)\/assembly\//.test(path)) continue; // AssemblyScript
    const code = withoutComments(await Deno.readTextFile(new URL(path, ROOT)));
    sources.push(sourceOf(path, code));
  }
  return sources;
}

const lib = await sourcesIn("lib");
const top: Source[] = [];
for await (const { name, isFile } of Deno.readDir(ROOT)) {
  if (!isFile || !name.endsWith(".ts")) continue;
  const code = withoutComments(await Deno.readTextFile(new URL(name, ROOT)));
  top.push(sourceOf(name, code));
}
const all = new Map([...lib, ...top].map((source) => [source.path, source]));

/** The file that a relative import means, from the root; others as they are. */
function target(source: Source, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, new URL(source.path, ROOT)).href.slice(ROOT.href.length);
}

const folderOf = (path: string) => path.split("/")[1]!;
/** Level of a file; `null` for `lib/deps`, which levels have in common. */
function levelOf(path: string): number | null {
  if (path === "mod.ts") return 3;
  if (!path.startsWith("lib/")) return 5;
  if (path.startsWith("lib/deps/")) return null;
  const level = LEVELS[folderOf(path)];
  assert.ok(level !== undefined, `${path}: its folder has no level, see LEVELS`);
  return level;
}

/** Fails with all of the findings at once. */
function assertNone(findings: readonly string[]): void {
  assert.equal(findings.join("\n"), "");
}

Deno.test("the sources are read as they are meant", () => {
  const code = withoutComments(
    '/** Deno.x */ import { a } from "./a.ts"; // console\nconst url = "https://x";\n' +
      'new Worker(new URL("./w.ts", import.meta.url));\n' +
      'export {\n  b,\n} from "../b.ts";\nconst c = () => import("npm:c@1.0.0");\nimport "./d.ts";',
  );
  assert.ok(!/Deno|console/.test(code) && code.includes("https://x"));
  assert.deepEqual(importsOf(code), [
    "./a.ts",
    "../b.ts",
    "./d.ts",
    "npm:c@1.0.0",
    "./w.ts",
  ]);
  assert.deepEqual(sourceOf("x", code).staticImports, ["./a.ts", "../b.ts", "./d.ts"]);
  assert.ok(lib.length > 80 && all.has("mod.ts") && all.get("detect.ts")!.imports.length > 1);
});

Deno.test("a file imports its own level or below", () => {
  assertNone([...all.values()].flatMap((source) => {
    const level = levelOf(source.path);
    return source.imports.map((specifier) => target(source, specifier))
      .filter((path) => all.has(path) && (levelOf(path) ?? 0) > (level ?? 0))
      .map((path) => `${source.path} (level ${level}) imports ${path} (level ${levelOf(path)})`);
  }));
});

Deno.test("level 0 is pure numbers: it imports nothing from outside, and no tfjs", () => {
  assertNone(
    lib.filter(({ path }) => levelOf(path) === 0).flatMap((source) =>
      source.imports.map((specifier) => target(source, specifier))
        .filter((path) => !path.startsWith("lib/") || path.startsWith("lib/deps/"))
        .map((path) => `${source.path} imports ${path}`)
    ),
  );
});

Deno.test("levels 0 to 4 name neither Deno, nor node:, nor the console", () => {
  const below = lib.filter((source) => (levelOf(source.path) ?? 0) < 5);
  assertNone(below.flatMap(({ path, code, imports }) => [
    // Looking whether there is a Deno is allowed: `globalThis.Deno?.…`.
    ...[...code.matchAll(/(?<!globalThis\.)\bDeno\s*[.?]|\bglobalThis\.Deno(?!\?\.)/g)]
      .map(([found]) => `${path} names ${found}`),
    ...[...code.matchAll(/\bconsole\s*\./g)].map(() => `${path} names the console`),
    ...imports.filter((specifier) => specifier.startsWith("node:"))
      .map((specifier) => `${path} imports ${specifier}`),
  ]));
});

Deno.test("packages are named in lib/deps only, at exact versions", () => {
  const outside = /^(npm|jsr|https?):/;
  const named = [...all.values()].flatMap((source) =>
    source.imports.filter((specifier) => outside.test(specifier))
      .map((specifier) => ({ path: source.path, specifier }))
  );
  assert.ok(named.length > 4);
  assertNone(
    named.filter(({ path, specifier }) =>
      !path.startsWith("lib/deps/") ||
      !/^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(\/|$)/.test(specifier)
    ).map(({ path, specifier }) => `${path} imports ${specifier}`),
  );
  const bare = [...all.values()].flatMap((source) =>
    source.imports.filter((specifier) => !/^(\.|npm:|node:)/.test(specifier))
      .map((specifier) => `${source.path} imports ${specifier} through the import map`)
  );
  assertNone(bare);
});

Deno.test("tfjs is imported by lib/deps/tfjs.ts and tfjs_gradients.ts alone", () => {
  assertNone(
    lib.filter(({ path, imports }) =>
      !/^lib\/deps\/tfjs(_gradients)?\.ts$/.test(path) &&
      imports.some((name) => name.includes("@tensorflow/"))
    ).map(({ path }) => path),
  );
});

Deno.test("nothing reads tensors synchronously, which WebGPU in Deno cannot", () => {
  const banned = /\.(dataSync|arraySync|bufferSync|print)\s*\(|\bnonMaxSuppression\s*\(/g;
  assertNone(
    [...all.values()].filter(({ path }) => (levelOf(path) ?? 0) < 5).flatMap(({ path, code }) =>
      [...code.matchAll(banned)].map(([found]) => `${path}: ${found}`)
    ),
  );
  const reading = /\.(dataSync|arraySync|bufferSync)\s*\(/;
  assertNone([...all.values()].filter(({ code }) => reading.test(code)).map(({ path }) => path));
});

/** Files that are reached from a file by these imports, itself included. */
function reachable(
  path: string,
  by: "imports" | "staticImports",
  reached = new Set<string>(),
): Set<string> {
  const source = all.get(path);
  if (source === undefined || reached.has(path)) return reached;
  reached.add(path);
  for (const specifier of source[by]) reachable(target(source, specifier), by, reached);
  return reached;
}

Deno.test("mod.ts reaches no package, not even for a type, unless tfjs is asked for", () => {
  const reached = [...reachable("mod.ts", "staticImports")];
  assert.ok(reached.includes("lib/engine/network.ts"));
  assertNone(reached.filter((path) => path.startsWith("lib/deps/")));
  assertNone(
    reached.flatMap((path) => all.get(path)!.staticImports.filter((name) => /^\w+:/.test(name))),
  );
});

Deno.test("mod.ts reaches tfjs through one file, and no data set, trainer or command", () => {
  const reached = [...reachable("mod.ts", "imports")];
  assert.deepEqual(reached.filter((path) => path.startsWith("lib/deps/")), ["lib/deps/tfjs.ts"]);
  const unwanted = /^lib\/(datasets|training|cli)\/|^[a-z]+\.ts$/;
  assertNone(reached.filter((path) => path !== "mod.ts" && unwanted.test(path)));
  const withoutTensors = reachable("mod.ts", "staticImports");
  const doors = reached.filter((path) =>
    !withoutTensors.has(path) &&
    [...withoutTensors].some((from) =>
      all.get(from)!.imports.some((name) => target(all.get(from)!, name) === path)
    )
  );
  assert.deepEqual(doors.toSorted(), [
    "lib/detector/tensor_runner.ts",
    "lib/weights/embedded/edge.ts",
    "lib/weights/embedded/tiny.ts",
  ]);
});

Deno.test("deno.lock makes nobody download what only a developer needs", async () => {
  // Every `deno task` installs what the lock names. `deno check` without --no-lock adds these to it.
  const lock = await Deno.readTextFile(new URL("../deno.lock", import.meta.url));
  assertNone(
    ["onnxruntime-web", "assemblyscript", "rollup", "playwright-core"].filter((name) =>
      lock.includes(`"${name}@`)
    ),
  );
});
