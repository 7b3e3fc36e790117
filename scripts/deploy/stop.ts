// Why a deployment stops, and what to do about it.

export class Stop extends Error {
  readonly remedy: string | undefined;
  constructor(message: string, remedy?: string) {
    super(message);
    this.name = "Stop";
    this.remedy = remedy;
  }
}
