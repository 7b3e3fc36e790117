// A member that is left out when there is nothing to say, instead of standing there as undefined.

export const optional = <K extends string, V>(key: K, value: V | undefined): { [k in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [k in K]?: V };
