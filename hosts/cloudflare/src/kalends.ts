// The types of `wit/handler.wit` and `wit/d1.wit` as jco shows them to JavaScript.

/** `handler.request`. */
export interface Request {
  method: string;
  scheme: string;
  authority: string;
  path: string;
  headers: [string, Uint8Array][];
  body: Uint8Array;
  remote: string | undefined;
  received: bigint;
}

/** `text.content`. */
export type Content = { tag: "text"; val: string } | { tag: "octets"; val: Uint8Array };

/** `handler.response`. */
export interface Response {
  status: number;
  headers: [string, string][];
  body: Content;
}

/** `d1.value`. */
export type Value = { tag: "null" } | { tag: "integer"; val: bigint } | { tag: "real"; val: number } | { tag: "text"; val: string };

/** `d1.statement`. */
export interface Statement {
  sql: string;
  params: Value[];
}

/** `d1.rows`. */
export type Rows = Value[][];

/** `d1.error`. */
export interface D1Error {
  tag: "constraint" | "transient" | "other";
  val: string;
}

/** What the composed component exports. */
export interface Exports {
  "kalends:dav/handler@0.1.0": { handle(request: Request): Promise<Response> };
}
