// The command as it is called in what is sent to people, who may be anywhere: `npx drawbridge` is for the checkout alone. Elsewhere npx would fetch and run what somebody else has published by that name.

export const byCommand = (words: string): string => `drawbridge ${words}`;
