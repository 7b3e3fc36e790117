// The typed door to dynalite: its stores, its checks and its actions, called in process without its HTTP server.

import { createRequire } from "node:module";
import { AwsError } from "../service.ts";

export type Item = Readonly<Record<string, AttributeValue>>;
export type AttributeValue = Readonly<Record<string, unknown>>;
export type Input = Readonly<Record<string, unknown>>;

export interface Table {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
}

/** A request that has passed dynalite's checks, its expressions parsed. */
export interface Checked {
  readonly action: string;
  readonly data: Input;
}

export interface DynaliteStore {
  /** Throws `AwsError` in DynamoDB's words. */
  check(action: string, input: Input): Checked;
  perform(checked: Checked): Promise<Record<string, unknown>>;
  run(action: string, input: Input): Promise<Record<string, unknown>>;
  /** Throws `ResourceNotFoundException`; also for a table that is still being made, unless asked for in any state. */
  table(name: string, state?: "any"): Promise<Table>;
  item(table: Table, key: Item): Promise<Item | undefined>;
  /** What is wrong with the key, or with the whole item, for this table. */
  keyFault(table: Table, key: Item): AwsError | undefined;
  itemFault(table: Table, item: Item): AwsError | undefined;
  /** Does the checked request's condition hold for this item? */
  holds(checked: Checked, existing: Item | undefined): boolean;
  keyText(table: Table, key: Item): string;
  size(item: Item): number;
  close(): Promise<void>;
}

type Callback = (error: unknown, result?: unknown) => void;
interface SubDb {
  get(key: string, done: Callback): void;
}
interface Store {
  readonly tableDb: { awsAccountId: string; awsRegion: string };
  getTable(name: string, mustBeReady: boolean, done: Callback): void;
  getItemDb(name: string): SubDb;
  readonly db: { close(done: Callback): void };
}
interface Db {
  create(options: object): Store;
  createKey(item: Item, table: Table): string;
  validateKey(key: Item, table: Table): Fault | null | undefined;
  validateItem(item: Item, table: Table): Fault | null | undefined;
  checkConditional(data: Input, existing: Item | undefined): Fault | null | undefined;
  itemSize(item: Item, compress?: boolean, addMetaSize?: boolean): number;
}
interface Validations {
  checkTypes(data: object, types: object): Input;
  checkValidations(data: Input, types: object, custom: unknown, store: Store): void;
}
interface Fault {
  readonly statusCode?: number;
  readonly body?: Readonly<Record<string, unknown>>;
}

const require = createRequire(import.meta.url);
const db = require("dynalite/db") as Db;
const validations = require("dynalite/validations") as Validations;

export function createDynaliteStore(account: string, region: string): DynaliteStore {
  // Tables are ready at once: their creation is not what we are here to show.
  const store = db.create({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  store.tableDb.awsAccountId = account;
  store.tableDb.awsRegion = region;
  const self: DynaliteStore = {
    check(action, input) {
      const rules = require(`dynalite/validations/${lowerFirst(action)}`) as { types: object; custom: unknown };
      try {
        // dynalite takes away what it does not know, so it gets a copy.
        const data = validations.checkTypes(structuredClone(input), rules.types);
        validations.checkValidations(data, rules.types, rules.custom, store);
        return { action, data };
      } catch (fault) {
        throw refusal(fault);
      }
    },
    async perform({ action, data }) {
      const act = require(`dynalite/actions/${lowerFirst(action)}`) as (store: Store, data: Input, done: Callback) => void;
      return (await called((done) => act(store, data, done))) as Record<string, unknown>;
    },
    run: async (action, input) => await self.perform(self.check(action, input)),
    table: async (name, state) => (await called((done) => store.getTable(name, state === undefined, done))) as Table,
    item: async (table, key) =>
      (await called((done) => store.getItemDb(table.TableName).get(db.createKey(key, table), ignoringMissing(done)))) as Item | undefined,
    keyFault: (table, key) => faultOf(db.validateKey(key, table)),
    itemFault: (table, item) => faultOf(db.validateItem(item, table)),
    holds: ({ data }, existing) => {
      const fault = db.checkConditional(data, existing);
      return fault === null || fault === undefined;
    },
    keyText: (table, key) => db.createKey(key, table),
    size: (item) => db.itemSize(item),
    close: async () => void (await called((done) => store.db.close(done))),
  };
  return self;
}

function ignoringMissing(done: Callback): Callback {
  return (error, result) => (error instanceof Error && error.name === "NotFoundError" ? done(null) : done(error, result));
}

async function called(work: (done: Callback) => void): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    work((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(refusal(error));
    });
  });
}

function faultOf(fault: Fault | null | undefined): AwsError | undefined {
  if (fault === null || fault === undefined) return undefined;
  const error = refusal(fault);
  return error instanceof AwsError ? error : undefined;
}

/** dynalite's refusals carry DynamoDB's own body; anything else is a fault of dynalite or ours. */
function refusal(fault: unknown): Error {
  const { body, statusCode } = fault as Fault;
  if (body === undefined) return fault instanceof Error ? fault : new Error(String(fault));
  const { __type: type, message, Message, ...details } = body;
  const code = String(type).split("#").at(-1) ?? "InternalServerError";
  const words = message ?? Message;
  return new AwsError(code, typeof words === "string" ? words : "", statusCode ?? 400, details);
}

function lowerFirst(action: string): string {
  return action.charAt(0).toLowerCase() + action.slice(1);
}
