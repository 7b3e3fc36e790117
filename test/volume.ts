// How much is tried: `npm test` samples what `npm run test:long` tries whole.

const isWhole = process.env["DRAWBRIDGE_VOLUME"] === "whole";

/** So many in `npm test`, and so many in `npm run test:long`; there the file must be among `sampled` of vitest.config.ts. */
export const volume = (sample: number, whole: number): number => (isWhole ? whole : sample);
