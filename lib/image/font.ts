/**
 * A bitmap font: the 5×7 dot-matrix letters known from character displays, ASCII 32 … 126.
 *
 * @module
 */

/** Width of a letter, in dots. */
export const GLYPH_WIDTH = 5;
/** Height of a letter, in dots; `g j p q y , ;` reach one dot lower. */
export const GLYPH_HEIGHT = 7;

// Five columns a letter, two hex digits a column, lowest bit on top.
const COLUMNS = "0000000000" + "00005f0000" + "0007000700" + "147f147f14" + "242a7f2a12" + // sp!"#$
  "2313086462" + "3649562050" + "0008070300" + "001c224100" + "0041221c00" + // %&'()
  "2a1c7f1c2a" + "08083e0808" + "0080703000" + "0808080808" + "0000606000" + // *+,-.
  "2010080402" + "3e5149453e" + "00427f4000" + "7249494946" + "2141494d33" + // /0123
  "1814127f10" + "2745454539" + "3c4a494931" + "4121110907" + "3649494936" + // 45678
  "464949291e" + "0000140000" + "0040340000" + "0008142241" + "1414141414" + // 9:;<=
  "0041221408" + "0201590906" + "3e415d594e" + "7c1211127c" + "7f49494936" + // >?@AB
  "3e41414122" + "7f4141413e" + "7f49494941" + "7f09090901" + "3e41415173" + // CDEFG
  "7f0808087f" + "00417f4100" + "2040413f01" + "7f08142241" + "7f40404040" + // HIJKL
  "7f021c027f" + "7f0408107f" + "3e4141413e" + "7f09090906" + "3e4151215e" + // MNOPQ
  "7f09192946" + "2649494932" + "03017f0103" + "3f4040403f" + "1f2040201f" + // RSTUV
  "3f4038403f" + "6314081463" + "0304780403" + "6159494d43" + "007f414141" + // WXYZ[
  "0204081020" + "004141417f" + "0402010204" + "4040404040" + "0003070800" + // \]^_`
  "2054547840" + "7f28444438" + "3844444428" + "384444287f" + "3854545418" + // abcde
  "00087e0902" + "18a4a49c78" + "7f08040478" + "00447d4000" + "2040403d00" + // fghij
  "7f10284400" + "00417f4000" + "7c04780478" + "7c08040478" + "3844444438" + // klmno
  "fc18242418" + "18242418fc" + "7c08040408" + "4854545424" + "04043f4424" + // pqrst
  "3c4040207c" + "1c2040201c" + "3c4030403c" + "4428102844" + "4c9090907c" + // uvwxy
  "4464544c44" + "0008364100" + "0000770000" + "0041360800" + "0201020402"; // z{|}~

const FIRST = " ".charCodeAt(0);
const UNKNOWN = "?".charCodeAt(0) - FIRST;

/** The five columns of a letter, lowest bit on top; those of `?` for a letter it does not have. */
export function glyph(letter: string): number[] {
  const index = letter.charCodeAt(0) - FIRST;
  const known = index >= 0 && 2 * GLYPH_WIDTH * index < COLUMNS.length ? index : UNKNOWN;
  return Array.from({ length: GLYPH_WIDTH }, (_, column) => {
    const at = 2 * (known * GLYPH_WIDTH + column);
    return parseInt(COLUMNS.slice(at, at + 2), 16);
  });
}
