// What one request of operators may hold: the API reads no more, and the command sends no more at once.

/** What a function takes is 6 MB, as text that may have grown by a third. */
export const bodyBytesMax = 4 * 1024 * 1024;
/** Entries to put, and entries to remove, that a preview looks at. */
export const foreseenMax = 20_000;
