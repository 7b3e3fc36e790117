// Names that every object of JavaScript has already: what is kept under one of them would get lost without a word.

const names = new Set(["__proto__", "constructor", "prototype"]);

export const isReserved = (name: string): boolean => names.has(name);
