// A web worker of page.html.
import { createDetector } from "/tinyface.js";

const detector = await createDetector();
postMessage(await detector.detect(await fetch("/photo.png")));
