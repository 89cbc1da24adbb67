/**
 * `data audit`: what is in a data set, and what is wrong with it.
 *
 * @module
 */
import { audit } from "../../datasets/audit.ts";
import { concat, loadDataset } from "../../datasets/load.ts";
import type { Dataset } from "../../datasets/sample.ts";
import { inferenceModel, MODEL_NAMES } from "../../models/registry.ts";
import { briefHelpText, type Command, helpText, parseArguments } from "../args.ts";
import { auditPage, type AuditReport, auditText } from "./audit_report.ts";
import type { DataWorld } from "./world.ts";
import { partsAt } from "../dataset_argument.ts";
import { denoStore } from "../deno_store.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { Progress } from "../progress.ts";

const AUDIT = {
  name: "deno task data audit",
  usage: "<folder> [options]",
  summary:
    "Counts, sizes, broken and double photos, odd boxes of a data set; all its parts together.",
  examples: [
    ["deno task data audit my/photos", "as text"],
    ["deno task data audit data/wider --html audit.html", "and as a page with plots"],
  ],
  options: {
    html: { type: "string", placeholder: "file", help: "Write a page with plots, too" },
    json: { type: "boolean", default: false, help: "Print JSON, lists whole, instead of text" },
  },
} as const satisfies Command;

function partOf(name: string, { samples }: Dataset): AuditReport["parts"][number] {
  const faces = samples.reduce((sum, { ignore }) => sum + ignore.length, 0);
  return { name, photos: samples.length, faces };
}

async function reportOn(folder: string): Promise<AuditReport> {
  const datasets: [string, Dataset][] = [];
  for (const [part, spec] of await partsAt(denoStore, folder, true)) {
    datasets.push([part, await loadDataset(denoStore, spec)]);
  }
  const progress = new Progress();
  const result = await audit(concat(datasets.map(([, dataset]) => dataset)), {
    store: denoStore,
    models: MODEL_NAMES.map((name) => inferenceModel(name)),
    onPhoto: (done, total) => progress.show(`${done} of ${total} photos`),
  });
  progress.clear();
  return { ...result, name: folder, parts: datasets.map(([name, set]) => partOf(name, set)) };
}

/**
 * Runs `data audit` with these arguments. The report goes to standard output.
 *
 * Throws a {@linkcode CliError} when the command line is wrong. The exit code tells of photos and label
 * files that cannot be read.
 */
export async function auditCommand(args: readonly string[], world: DataWorld): Promise<ExitCode> {
  const { help, options: { html, json }, positionals } = parseArguments(AUDIT, args);
  if (help) return world.print(helpText(AUDIT)), EXIT.ok;
  if (args.length === 0) return world.warn(briefHelpText(AUDIT)), EXIT.usage;
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) {
    const count = positionals.length;
    throw new CliError(EXIT.usage, `Cannot audit: ${count} folders are named, expected one`);
  }
  const report = await reportOn(folder);
  if (html !== undefined) {
    await denoStore.write(html, new TextEncoder().encode(auditPage(report)));
    world.warn(`page: ${html}`);
  }
  world.print(json ? JSON.stringify(report) : auditText(report));
  return report.broken.length + report.leftovers.broken.length > 0 ? EXIT.someFailed : EXIT.ok;
}
