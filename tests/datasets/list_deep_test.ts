// Files of folders below folders.
import assert from "node:assert/strict";
import { listDeep } from "../../lib/datasets/list_deep.ts";
import { isImageName } from "../../lib/datasets/paths.ts";
import { MemoryStore } from "./memory_store.ts";

Deno.test("listDeep() finds files below, hidden ones and other files aside", async () => {
  const names = ["b.jpg", "x/y/a.PNG", "x/notes", "x/notes.txt", ".git/c.jpg", "0--Parade/d.jpg"];
  const store = new MemoryStore(Object.fromEntries(names.map((name) => [`root/${name}`, ""])));
  assert.deepEqual(await listDeep(store, "root", isImageName), [
    "0--Parade/d.jpg",
    "b.jpg",
    "x/y/a.PNG",
  ]);
  assert.deepEqual(await listDeep(store, "nowhere", isImageName), []);
});
