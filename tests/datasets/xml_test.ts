// Elements and text of XML.
import assert from "node:assert/strict";
import fc from "fast-check";
import { elements, escapeXml, textOf } from "../../lib/datasets/xml.ts";

Deno.test("elements() finds contents by name, attributes and comments aside", () => {
  const xml = '<r><a k="1">x</a><ab>y</ab><!-- <a>no</a> --><a>\nz</a ></r>';
  assert.deepEqual(elements(xml, "a"), ["x", "\nz"]);
  assert.deepEqual(elements(xml, "b"), []);
  assert.equal(textOf(xml, "a"), "x");
  assert.equal(textOf(xml, "c"), undefined);
});

Deno.test("escapeXml() is undone by textOf()", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    assert.equal(textOf(`<t>${escapeXml(text)}</t>`, "t"), text.trim());
  }));
});
