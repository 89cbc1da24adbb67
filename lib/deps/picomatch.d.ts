// As much of picomatch 4.0.7 as is in use.

/** Makes a function that tells whether a path fits a glob. */
declare function picomatch(glob: string): (path: string) => boolean;

declare namespace picomatch {
  /** Takes a glob apart: `base` is the folder before its first special character. */
  function scan(glob: string): { readonly base: string; readonly isGlob: boolean };
}

export default picomatch;
