// Where an HTTP API is, and how IAM names a call of it.

export interface ApiPlace {
  readonly id: string;
  readonly account: string;
  readonly region: string;
}

export function executeArn(place: ApiPlace, stage: string, method: string, path: string): string {
  return `arn:aws:execute-api:${place.region}:${place.account}:${place.id}/${stage}/${method}${path}`;
}
