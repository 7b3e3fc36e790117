// JSON that may be printed on a terminal: what would steer it, or turn the direction of writing, is escaped; the value stays the same.

const steering = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

export const printableJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(steering, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
