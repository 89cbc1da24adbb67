// A process of its own: handles a photo as `detect` does, and prints how much memory that took at
// most, in MB. A second thread looks, because the first one is busy.
import { anonymizeSettings } from "../../../lib/cli/detect/anonymize.ts";
import { DETECT } from "../../../lib/cli/detect/options.ts";
import { processPhoto } from "../../../lib/cli/detect/process_photo.ts";
import { parseArguments } from "../../../lib/cli/args.ts";
import { createDetector } from "../../../lib/detector/detector.ts";

const WATCH = `
  let peak = 0;
  const look = () => peak = Math.max(peak, Deno.memoryUsage().rss);
  setInterval(look, 5);
  self.onmessage = () => self.postMessage(peak);
`;

const { options: { output, ...options }, positionals: [path] } = parseArguments(DETECT, Deno.args);
using detector = await createDetector();
const watcher = new Worker(URL.createObjectURL(new Blob([WATCH])), { type: "module" });
const product = { output, labels: true, settings: anonymizeSettings(options) };
const report = await processPhoto(
  { path: path!, bytes: await Deno.readFile(path!) },
  detector,
  product,
);
if ("error" in report) throw new Error(report.error.message);
watcher.onmessage = ({ data }) => {
  console.log(data / 1e6);
  Deno.exit();
};
watcher.postMessage("how much?");
