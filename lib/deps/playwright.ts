// Drives a browser in tests of the demo page. No user of the package loads it.
export { type Browser, chromium, type Page } from "npm:playwright-core@1.65.1";
