// One result: a photo or the camera's picture, with what is said about it.
import { describe, draw } from "./drawing.js";

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A photo on the page. Owns its bitmap. */
export class Card {
  #canvas = element("canvas", { role: "img" });
  #title;
  #note = element("small", {});
  #bitmap;
  #faces = [];

  /** `onRemove` is called when the user wants it gone. */
  constructor(title, onRemove) {
    this.#title = title;
    const what = element("span", { className: "what" }, title, this.#note);
    const save = element("button", { type: "button", textContent: "Save" });
    const remove = element("button", { type: "button", textContent: "Remove" });
    save.setAttribute("aria-label", `Save ${title} as it is shown`);
    remove.setAttribute("aria-label", `Remove ${title}`);
    save.addEventListener("click", () => this.#save());
    remove.addEventListener("click", onRemove);
    this.save = save;
    this.element = element(
      "figure",
      {},
      this.#canvas,
      element("figcaption", {}, what, save, remove),
    );
  }

  /** Takes a picture and its faces, all of them: settings choose among these. */
  show(bitmap, faces, settings, note) {
    if (this.#bitmap !== bitmap) this.#bitmap?.close();
    this.#bitmap = bitmap;
    this.#faces = faces;
    this.#note.textContent = note;
    this.update(settings);
  }

  /** Draws anew. */
  update(settings) {
    if (!this.#bitmap) return;
    const faces = this.#faces.filter(({ score }) => score >= settings.threshold);
    draw(this.#canvas, this.#bitmap, faces, settings);
    this.#canvas.setAttribute("aria-label", describe(this.#title, faces));
    this.count = faces.length;
  }

  /** Says why there is nothing to see. */
  fail(message) {
    this.save.disabled = true;
    this.#canvas.hidden = true;
    this.#note.textContent = message;
    this.#note.className = "wrong";
  }

  /** Frees the picture. */
  dispose() {
    this.#bitmap?.close();
    this.#bitmap = undefined;
    this.element.remove();
  }

  async #save() {
    const blob = await new Promise((resolve) => this.#canvas.toBlob(resolve, "image/jpeg", 0.92));
    const link = element("a", {
      href: URL.createObjectURL(blob),
      download: `${this.#title.replace(/\.\w+$/, "")}.faces.jpg`,
    });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
