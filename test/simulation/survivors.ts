// Planted faults that change nothing anybody could notice, each with the reason.

export const shrugged: Readonly<Record<string, string>> = {};
