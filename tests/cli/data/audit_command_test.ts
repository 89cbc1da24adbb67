// `deno task data audit` on the sample photos.
import assert from "node:assert/strict";
import { dataCommand } from "../../../lib/cli/data/command.ts";
import { auditPage, type AuditReport, auditText } from "../../../lib/cli/data/audit_report.ts";
import { barChart } from "../../../lib/cli/data/bar_chart.ts";
import { elements } from "../../../lib/datasets/xml.ts";

const SAMPLES = "data/samples";

async function run(...args: string[]) {
  const printed: string[] = [], warned: string[] = [];
  const code = await dataCommand(["audit", ...args], {
    print: (line) => void printed.push(line),
    warn: (line) => void warned.push(line),
  });
  return { code, printed, warned };
}

Deno.test("auditCommand() prints JSON, or text and a page", async () => {
  const { code, printed: [json] } = await run(SAMPLES, "--json");
  const report: AuditReport = JSON.parse(json!);
  assert.deepEqual([code, report.photos, report.faces, report.name], [0, 6, 22, SAMPLES]);
  assert.deepEqual(report.parts, [{ name: "", photos: 6, faces: 22 }]);

  const folder = await Deno.makeTempDir();
  try {
    const html = `${folder}/deep/page.html`;
    const { printed: [text], warned } = await run(SAMPLES, "--html", html);
    assert.match(text!, /^data\/samples\n\nphotos +6\n/);
    assert.deepEqual(warned, [`page: ${html}`]);
    assert.equal(await Deno.readTextFile(html), auditPage(report));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("auditCommand() fails on broken photos, and takes photos without labels", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a.jpg`, "torn");
    const { code, printed: [text] } = await run(folder);
    assert.equal(code, 1);
    assert.match(text!, /Photos that cannot be decoded\n {2}\S+a\.jpg: Cannot decode the image/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  await assert.rejects(run("nowhere"), { exitCode: 2, message: /the folder is missing or empty/ });
  await assert.rejects(run("a", "b"), {
    exitCode: 2,
    message: /2 folders are named, expected one/,
  });
});

const histogram = { edges: [0, 0.5], counts: [3, 1] };
const REPORT: AuditReport = {
  name: "<my> & photos",
  parts: [{ name: "train", photos: 1, faces: 3 }, { name: "test", photos: 1, faces: 1 }],
  photos: 2,
  background: 0,
  faces: 4,
  ignored: 0,
  facesPerPhoto: { edges: [0, 1, 2, 5], counts: [0, 1, 0, 1] },
  photoSizes: histogram,
  sizesPx: histogram,
  relativeSizes: histogram,
  boxes: { outside: 0, offPhoto: 0, tiny: 0, inverted: 0 },
  broken: [],
  duplicates: [["a", "b", "c"]],
  alike: Array.from({ length: 60 }, (_, k) => ({ first: `a${k}`, second: `b${k}`, distance: 2 })),
  leftovers: { photos: [], annotations: [], broken: [] },
  problems: ['<script>alert("x")</script>'],
  anchorRecall: [{ model: "big", faces: 4, reached: 3, reachedBySize: [2, 1] }],
};

Deno.test("auditText() lists parts, recall and findings, long lists cut", () => {
  const text = auditText(REPORT);
  assert.match(text, /^train +1 photos, 3 faces$/m);
  assert.match(text, /^anchors of big reach \(IoU ≥ 0\.35\) +3 of 4, 75\.0 %$/m);
  assert.match(text, /^The same file\n {2}a = b = c$/m);
  assert.match(text, /^ {2}a49 ~ b49 \(2\)\n {2}and 10 more, see --json$/m);
  assert.match(text, /Photos by number of faces\n {2}0 +0\n {2}1 +1\n {2}2–4 +0\n {2}≥ 5 +1/);
});

Deno.test("auditPage() needs nothing from elsewhere, and escapes what it shows", () => {
  const page = auditPage(REPORT);
  assert.doesNotMatch(page, /<script|<link|src=|href=|@import|url\(/);
  assert.match(page, /<h1>&lt;my&gt; &amp; photos<\/h1>/);
  assert.match(page, /&lt;script&gt;alert\(&quot;x&quot;\)/);
  assert.equal(elements(page, "svg").length, 5);
});

Deno.test("barChart() draws bars in proportion, with their parts", () => {
  const svg = barChart({
    ...{ title: "a & b", labels: ["x", "y"], values: [10, 5] },
    ...{ parts: [5, 0] },
  });
  const heights = (kind: string) =>
    [...svg.matchAll(new RegExp(`class="${kind}"[^>]* height="([\\d.]+)"`, "g"))]
      .map((match) => Number(match[1]));
  const [first, second] = heights("bar");
  assert.ok(first! > 100 && Math.abs(first! / second! - 2) < 0.01);
  assert.ok(Math.abs(heights("part")[0]! - second!) < 0.11);
  assert.match(svg, /aria-label="a &amp; b"/);
});
