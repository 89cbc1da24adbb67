import assert from "node:assert/strict";
import { EXIT } from "../../../lib/cli/exit_codes.ts";
import { jpegSegments, pngChunks } from "../../../lib/codec/containers.ts";
import { decodeImage } from "../../../lib/codec/decode.ts";
import { encodeJpeg, encodePng } from "../../../lib/codec/encode.ts";
import { exifOf } from "../../../lib/codec/exif.ts";
import { jpegQuality } from "../../../lib/codec/jpeg_quality.ts";
import { sniffFormat } from "../../../lib/codec/sniff.ts";
import type { Face } from "../../../lib/detector/detector.ts";
import { ANONYMIZE_THRESHOLDS } from "../../../lib/models/anonymize_thresholds.ts";
import { withOrientation } from "../../codec/exif_support.ts";
import { runDetectOn } from "./fake_world.ts";

const FACE: Face = { box: { x: 10, y: 8, width: 16, height: 16 }, score: 0.9 };
const IMAGES = new URL("../../fixtures/images/", import.meta.url);

/** Runs the command, which is to write, with a detector that finds {@linkcode FACE} in every photo. */
async function runDetect(...args: string[]) {
  const { writesForbidden, ...said } = await runDetectOn(FACE, args);
  assert.equal(writesForbidden, 0);
  return said;
}

/** Stripes that a blur cannot miss. */
function striped(width: number, height: number) {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) data[i] = Math.floor(i / 3) % 2 === 0 ? 250 : 5;
  return { width, height, data };
}

const PHOTOS: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "a.JPG": encodeJpeg(striped(48, 36), 61),
  "deep/b.png": encodePng(striped(48, 36)),
  "deep/turned.jpg": withOrientation(encodeJpeg(striped(48, 36), 90), 6),
};

async function filesBelow(folder: string, prefix = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) Object.assign(files, await filesBelow(path, `${prefix}${name}/`));
    else files[prefix + name] = (await Deno.readFile(path)).toHex();
  }
  return files;
}

/** A folder `album` of photos; afterwards it must be as it was. */
async function withAlbum(run: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/album/deep`, { recursive: true });
    for (const [name, bytes] of Object.entries(PHOTOS)) {
      await Deno.writeFile(`${root}/album/${name}`, bytes);
    }
    await run(root);
    for (const [name, bytes] of Object.entries(PHOTOS)) {
      assert.deepEqual(await Deno.readFile(`${root}/album/${name}`), bytes, `${name} was touched`);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("detect --anonymize mirrors a folder, keeps format, quality and size, and hides faces", () =>
  withAlbum(async (root) => {
    const { code, out } = await runDetect(
      "--anonymize",
      "blur",
      `${root}/album`,
      "-o",
      `${root}/c`,
    );
    assert.equal(code, EXIT.ok);
    assert.match(out[0]!, /a\.JPG: 1 face, hidden on .*c\/a\.JPG \(/);
    assert.deepEqual(Object.keys(await filesBelow(`${root}/c`)).sort(), Object.keys(PHOTOS));
    const jpeg = await Deno.readFile(`${root}/c/a.JPG`);
    assert.deepEqual([sniffFormat(jpeg), jpegQuality(jpeg)], ["JPEG", 61]);
    const png = await Deno.readFile(`${root}/c/deep/b.png`);
    assert.equal(sniffFormat(png), "PNG");
    const { data } = await decodeImage(png), original = striped(48, 36).data;
    const at = (x: number, y: number) => 3 * (y * 48 + x);
    assert.ok(Math.abs(data[at(18, 16)]! - data[at(19, 16)]!) < 60, "stripes are gone on the face");
    assert.deepEqual(data.slice(0, at(0, 3)), original.slice(0, at(0, 3)), "and stay elsewhere");
    const turned = await Deno.readFile(`${root}/c/deep/turned.jpg`);
    const stored = await decodeImage(turned, { orientation: "stored" });
    assert.deepEqual([stored.width, stored.height], [36, 48], "upright without being told");
  }));

Deno.test("detect --anonymize writes copies with --jsonl, too, and says how faces are hidden", () =>
  withAlbum(async (root) => {
    const photo = `${root}/album/a.JPG`, copy = `${root}/copy.png`;
    const { out } = await runDetect("--jsonl", "--anonymize", "emoji", photo, "-o", copy);
    const report = JSON.parse(out[0]!);
    assert.equal(report.anonymized, "emoji");
    assert.equal(report.note, "JPEG photo, PNG copy");
    assert.equal(sniffFormat(await Deno.readFile(copy)), "PNG");
  }));

Deno.test("detect --anonymize takes the model's own threshold unless it is given one", () =>
  withAlbum(async (root) => {
    const args = ["--anonymize", "fill", `${root}/album/a.JPG`, "-o", `${root}/c`];
    const [own] = (await runDetect(...args)).asked;
    assert.equal(own?.scoreThreshold, ANONYMIZE_THRESHOLDS["tiny"]);
    assert.ok(own?.maxFaces! > 100_000);
    const [given] = (await runDetect(...args, "--threshold", "0.7", "--max-detections", "3")).asked;
    assert.deepEqual(given, { scoreThreshold: 0.7, maxFaces: 3 });
  }));

/** Kinds of what a file is made of. */
function partsOf(bytes: Uint8Array): (string | number)[] {
  return sniffFormat(bytes) === "PNG"
    ? Array.from(pngChunks(bytes), ({ type }) => type)
    : Array.from(jpegSegments(bytes), ({ type }) => type);
}

Deno.test("detect --anonymize strips all metadata, and keeps clean EXIF data only when asked", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["metadata.jpg", "metadata.png"]) {
      const photo = new URL(name, IMAGES).pathname;
      const run = async (...more: string[]) => {
        await runDetect("--anonymize", "blur", photo, "-o", folder, ...more);
        return await Deno.readFile(`${folder}/${name}`);
      };
      const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
      const stripped = await run(), kept = await run("--keep-metadata");
      for (const trace of ["Exif", "eXIf", "Maker", "2024:05", "xmp", "iptc", "comment"]) {
        assert.ok(!text(stripped).includes(trace), `${name}: ${trace}`);
      }
      // JFIF, tables, frame, scan and end: nothing else; PNG likewise.
      const jpeg = [0xe0, 0xdb, 0xc0, 0xc4, 0xda, 0xd9], png = ["IHDR", "IDAT", "IEND"];
      const plain = new Set<string | number>([...jpeg, ...png]);
      assert.deepEqual(partsOf(stripped).filter((type) => !plain.has(type)), []);
      assert.equal(partsOf(kept).filter((type) => !plain.has(type)).length, 1);
      const format = sniffFormat(kept) as "JPEG" | "PNG";
      const exif = text(exifOf(kept, format)!);
      assert.ok(exif.includes("Maker") && exif.includes("2024:05:06"));
      assert.ok(!exif.includes("JFIF") && !text(kept).includes("xmp title"));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("detect --anonymize writes upright copies of what is stored lying", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const photos = ["turned.png", "turned.webp"].map((name) => new URL(name, IMAGES).pathname);
    await runDetect("--anonymize", "fill", "--keep-metadata", ...photos, "-o", folder);
    for (const name of ["turned.png", "turned.jpg"]) {
      // EXIF data that said "turn it" would turn it again here.
      const { width, height, data } = await decodeImage(await Deno.readFile(`${folder}/${name}`));
      assert.deepEqual([width, height], [16, 32], name);
      const upperLeft = [...data.subarray(3 * (2 * width + 2), 3 * (2 * width + 3))];
      upperLeft.forEach((value, c) => assert.ok(Math.abs(value - [0, 0, 255][c]!) < 20, name));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("detect --anonymize says what becomes of formats that it cannot write", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const photos = ["lossy.webp", "plain.gif", "plain.bmp"]
      .map((name) => new URL(name, IMAGES).pathname);
    const args = ["--anonymize", "pixelate", "--keep-metadata", ...photos, "-o", folder];
    const { code, out } = await runDetect(...args);
    assert.equal(code, EXIT.ok);
    const lost = "metadata are kept of JPEG and PNG only, not of";
    assert.deepEqual(out.map((line) => line.replace(/.*ms\)/, "")), [
      `; WebP photo, JPEG copy; ${lost} WebP`,
      `; GIF photo, PNG copy; ${lost} GIF`,
      `; BMP photo, PNG copy; ${lost} BMP`,
    ]);
    const names = ["lossy.jpg", "plain-2.png", "plain.png"];
    assert.deepEqual(Object.keys(await filesBelow(folder)).sort(), names);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("detect --anonymize never writes where originals are", () =>
  withAlbum(async (root) => {
    const album = `${root}/album`;
    await Deno.symlink(album, `${root}/link`);
    for (
      const [input, output] of [
        [album, album],
        [album, `${album}/../album/`],
        [album, root],
        [album, `${root}/link`],
        [`${root}/link`, album],
        [`${album}/a.JPG`, album],
        [`${album}/a.JPG`, `${album}/a.JPG`],
        [`${album}/a.JPG`, `${root}/link/a.JPG`],
      ] as const
    ) {
      const { code, problem } = await runDetect("--anonymize", "fill", input, "-o", output);
      assert.equal(code, EXIT.usage, `${input} to ${output}`);
      assert.match(problem, /^Cannot use --output: /);
    }
    // A link inside the folder of the copies that leads back to the originals.
    await Deno.mkdir(`${root}/c`);
    await Deno.symlink(`${album}/deep`, `${root}/c/deep`);
    const { code, err } = await runDetect("--anonymize", "fill", album, "-o", `${root}/c`);
    assert.equal(code, EXIT.someFailed);
    assert.match(err.join("\n"), /Cannot write ".*c\/deep\/b\.png": it is the photo itself/);
  }));

Deno.test("detect --anonymize does not take its copies for photos when they lie inside the input", () =>
  withAlbum(async (root) => {
    const album = `${root}/album`, copies = `${album}/copies`;
    const args = ["--anonymize", "fill", album, "-o", copies];
    await runDetect(...args);
    const first = await filesBelow(copies);
    assert.deepEqual(Object.keys(first).sort(), Object.keys(PHOTOS));
    const { out } = await runDetect(...args);
    assert.equal(out.length, 3);
    assert.deepEqual(await filesBelow(copies), first);
  }));

Deno.test("detect --anonymize leaves no copy of a photo that it cannot read", () =>
  withAlbum(async (root) => {
    await Deno.writeFile(`${root}/cut.png`, PHOTOS["deep/b.png"]!.slice(0, 80));
    const { code } = await runDetect("--anonymize", "blur", `${root}/cut.png`, "-o", `${root}/c`);
    assert.equal(code, EXIT.someFailed);
    assert.deepEqual(await Deno.stat(`${root}/c`).then(() => true, () => false), false);
  }));

Deno.test("detect refuses the flags of --anonymize without it, and values that hide too little", async () => {
  for (
    const flags of [["--shape", "box"], ["--margin", "1"], ["--samples", "2"], ["--keep-metadata"]]
  ) {
    const { code, problem } = await runDetect("a.jpg", ...flags);
    assert.deepEqual([code, problem], [
      EXIT.usage,
      `Cannot use ${flags[0]}: --anonymize is missing`,
    ]);
  }
  for (const flags of [["--samples", "9"], ["--margin", "-1"], ["--anonymize", "none"]]) {
    assert.equal((await runDetect("a.jpg", "--anonymize", "blur", ...flags)).code, EXIT.usage);
  }
});
