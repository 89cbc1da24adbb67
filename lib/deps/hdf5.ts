/**
 * Reading HDF5 files, in which Keras keeps weights. Only `deno task weights` reaches it.
 *
 * @module
 */

// @ts-types="./hdf5.d.ts"
export { Dataset, File, Group } from "npm:jsfive@0.4.2";
