/**
 * How good other people's detectors are, by our evaluation: runs ONNX files over WIDER FACE's
 * validation photos, keeps what they find as prediction folders, and prints their AP.
 *
 *     deno run --no-lock --allow-read --allow-write --allow-env bench/peers.ts \
 *       ../shared/peers ../shared/data/wider output/peers [vga]
 *
 * Measured on 258 photos (events 0, 1, 10 to 13) at `vga`, easy/medium/hard: YuNet_n .913/.902/.747,
 * YuNet_s .893/.868/.630, RetinaFace-mnet0.25 .899/.851/.556. An independent implementation got
 * .916/.905/.751, .893/.870/.633 and .900/.850/.557 on the same ones.
 *
 * @module
 */
import { datasetAt } from "../lib/cli/dataset_argument.ts";
import { denoStore } from "../lib/cli/deno_store.ts";
import { Progress } from "../lib/cli/progress.ts";
import { table } from "../lib/cli/table.ts";
import { loadDataset } from "../lib/datasets/load.ts";
import type { Sample } from "../lib/datasets/sample.ts";
import { median } from "../lib/evaluation/evaluate.ts";
import { faceFinder, findInAll } from "../lib/evaluation/find_faces.ts";
import {
  detectByProtocol,
  INPUT_PROTOCOL_NAMES,
  INPUT_PROTOCOLS,
  type InputProtocolName,
} from "../lib/evaluation/input_protocol.ts";
import { predictionsOf, writePredictions } from "../lib/evaluation/prediction_folder.ts";
import { evaluateWider } from "../lib/evaluation/wider_evaluation.ts";
import {
  findWiderGroundTruth,
  readWiderGroundTruth,
  WIDER_SUBSETS,
  type WiderTruth,
} from "../lib/evaluation/wider_ground_truth.ts";
import { loadPeer, PEERS } from "./peer_detectors.ts";

interface Setting {
  readonly peers: string;
  readonly output: string;
  readonly protocol: InputProtocolName;
  readonly samples: readonly Sample[];
  readonly truths: ReadonlyMap<string, WiderTruth>;
}

/** A row of the table: name, easy, medium, hard, milliseconds. */
async function measure(name: string, setting: Setting): Promise<string[]> {
  const { peers, output, samples, truths } = setting;
  const peer = PEERS[name]!, protocol = INPUT_PROTOCOLS[setting.protocol];
  const detect = await loadPeer(await denoStore.read(`${peers}/${name}.onnx`), peer);
  const find = faceFinder(denoStore, (photo) => detectByProtocol(photo, protocol, detect, peer));
  const progress = new Progress();
  let done = 0;
  const { photos } = await findInAll(samples, [find], async ({ id }, found) => {
    progress.show(`${name}: ${++done} of ${samples.length} photos`);
    if (found) {
      await writePredictions(denoStore, `${output}/${name}`, id, predictionsOf(found.faces));
    }
  });
  progress.clear();
  const { subsets } = evaluateWider(
    Array.from(photos, ([id, { faces }]) => ({
      truth: truths.get(id)!,
      predictions: predictionsOf(faces),
    })),
  );
  const ms = median(Array.from(photos.values(), ({ detectMs }) => detectMs));
  return [name, ...WIDER_SUBSETS.map((subset) => subsets[subset].ap.toFixed(4)), ms.toFixed(0)];
}

const [peers, wider, output, protocol = "vga"] = Deno.args;
const isKnown = Object.hasOwn(INPUT_PROTOCOLS, protocol);
if (peers === undefined || wider === undefined || output === undefined || !isKnown) {
  const protocols = INPUT_PROTOCOL_NAMES.join("|");
  throw new TypeError(`Cannot start: usage is peers.ts <peers> <wider> <output> [${protocols}]`);
}
const groundTruth = await findWiderGroundTruth(denoStore, wider);
const dataset = await loadDataset(denoStore, await datasetAt(denoStore, wider, "val"));
const truths = await readWiderGroundTruth(denoStore, groundTruth ?? wider);
const setting: Setting = {
  peers,
  output,
  protocol: protocol as InputProtocolName,
  samples: dataset.samples,
  truths: new Map(truths.map((truth) => [truth.id, truth])),
};
const rows: string[][] = [];
for (const name of Object.keys(PEERS)) rows.push(await measure(name, setting));
console.log(`${dataset.samples.length} photos, protocol ${protocol}, one thread`);
console.log(table([["", ...WIDER_SUBSETS, "ms a photo"], ...rows]));
