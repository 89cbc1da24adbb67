/**
 * What the service says about itself.
 *
 * @module
 */

/** The limits that a client should know. */
export interface Limits {
  /** Most bytes of a body. */
  readonly maxBodyBytes: number;
  /** Most pixels of a photo. */
  readonly maxPixels: number;
}

const ENDPOINTS = {
  "GET /": "this text",
  "GET /health": "whether faces can be found",
  "POST /": 'a photo as the body (Content-Type: image/…), or as field "photo" of a form',
} as const;

const PARAMETERS = {
  threshold: "faces scored below are left out, 0 … 1, default 0.5",
  nms: "overlap (IoU) above which the better of two boxes stays, 0 … 1, default 0.45",
  maxFaces: "at most so many, the surest first, default 1000",
  output: "json (default), annotated or blurred; or by the Accept header",
} as const;

/** The text for programs. */
export function usageJson(limits: Limits): unknown {
  return { service: "tinyface", endpoints: ENDPOINTS, parameters: PARAMETERS, limits };
}

const listed = (entries: Readonly<Record<string, string>>) =>
  Object.entries(entries)
    .map(([name, text]) => `<dt><code>${name}</code></dt><dd>${text}</dd>`).join("");

/** The text for people: a page with a form, without scripts. */
export function usageHtml({ maxBodyBytes, maxPixels }: Limits): string {
  const megabytes = Math.round(maxBodyBytes / 1e6), megapixels = Math.round(maxPixels / 1e6);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>tinyface</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 40rem; padding: 0 1rem; }
label, button { display: block; margin: .5rem 0; }
</style>
<h1>tinyface</h1>
<p>Finds the faces in a photo of at most ${megabytes} MB and ${megapixels} megapixels.</p>
<form method="post" enctype="multipart/form-data">
<label>Photo <input type="file" name="photo" accept="image/*" required></label>
<label>Answer <select name="output"><option>annotated<option>json</select></label>
<label>Threshold <input type="number" name="threshold" min="0" max="1" step="0.05" value="0.5"></label>
<button>Find faces</button>
</form>
<h2>For programs</h2>
<pre>curl --data-binary @photo.jpg -H "Content-Type: image/jpeg" &lt;this address&gt;</pre>
<dl>${listed(ENDPOINTS)}</dl>
<h3>Parameters</h3>
<dl>${listed(PARAMETERS)}</dl>
</html>
`;
}
