// What local AWS and a function's process say to each other.

export interface Invoke {
  readonly requestId: string;
  readonly functionArn: string;
  /** JSON text. */
  readonly payload: string;
  /** X-Ray's header, which the SDK sends along with what the function calls. */
  readonly trace: string;
  /** When the function's time is up, in epoch milliseconds. */
  readonly deadline: number;
  /** What local AWS's clock is ahead of this machine's, in milliseconds: the function's clock shows the same. */
  readonly ahead: number;
}

/** Lambda's error shape. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

export type FromFunction =
  | { readonly kind: "ready" }
  | { readonly kind: "init-error"; readonly error: LambdaError }
  | { readonly kind: "result"; readonly requestId: string; readonly payload: string }
  | { readonly kind: "error"; readonly requestId: string; readonly error: LambdaError };
