/**
 * As much of XML as annotations need: elements by name, and text.
 *
 * @module
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** The contents of the elements of this name, in order; an element does not hold its like. */
export function elements(xml: string, name: string): string[] {
  const pattern = new RegExp(`<${name}(?:\\s[^>]*)?>([^]*?)</${name}\\s*>`, "g");
  return [...xml.replace(/<!--[^]*?-->/g, "").matchAll(pattern)].map((match) => match[1]!);
}

/** The text of the first element of this name; `undefined` when there is none. */
export function textOf(xml: string, name: string): string | undefined {
  return elements(xml, name)[0]?.trim()
    .replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity]!);
}

/** Text as XML (and HTML) holds it. */
export function escapeXml(text: string): string {
  const entity = (letter: string) =>
    Object.keys(ENTITIES).find((name) => ENTITIES[name] === letter)!;
  return text.replace(/[<>"'&]/g, entity);
}
