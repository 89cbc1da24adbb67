import assert from "node:assert/strict";
import { suggest } from "../../lib/cli/suggest.ts";

const words = ["threshold", "output", "max-side", "nms"];

Deno.test("suggest() finds the word that was meant", () => {
  assert.equal(suggest("treshold", words), "threshold");
  assert.equal(suggest("treshhold", words), "threshold");
  assert.equal(suggest("maxside", words), "max-side");
  assert.equal(suggest("outptu", words), "output");
  assert.equal(suggest("nsm", ["nms", "nm"]), "nm");
});

Deno.test("suggest() is silent when nothing is like the word", () => {
  assert.equal(suggest("verbose", words), undefined);
  assert.equal(suggest("x", words), undefined);
  assert.equal(suggest("", []), undefined);
});
