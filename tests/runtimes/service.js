// Run by workerd: the web service.
import module from "engine.wasm";
import { createHandler } from "./handler.js";
import { createDetector } from "./tinyface.js";

export default createHandler(() => createDetector({ engineModule: module }));
