// The types of lwm2m, written by hand. The functions are in lwm2m.js.

/** A content format: its number, a name such as `"tlv"`, `"senml-cbor"`, `"lwm2m-cbor"`, or its media type. */
export type Format = number | (string & {})
  | "text" | "opaque" | "cbor" | "senml-json" | "senml-cbor" | "senml-etch-json" | "senml-etch-cbor"
  | "tlv" | "lwm2m-json" | "lwm2m-cbor";

/** The types that a value can have. */
export type ValueType =
  | "string" | "integer" | "unsigned" | "float" | "boolean" | "opaque" | "time" | "objlnk" | "corelnk";

/** A link to an object instance; both 65535 for the link that points nowhere. */
export interface ObjectLink { object: number; instance: number }

/** What decides how payloads are read and written. */
export interface Options {
  /** The alternate root of the device, `"/lwm2m"`. Default: none. */
  root?: string;
  /** The prefix of an end device behind a gateway, `"d01"`. Default: none. */
  prefix?: string;
  /** Take only what the specification allows, for validators. Default: also what real devices send. */
  strict?: boolean;
  /**
   * The object versions of the device, `{ 3: "1.0" }`. An object with `null` has the version that goes with the LwM2M
   * version under `lwm2m` (default `"1.0"`). Objects that are not named count in their newest version.
   */
  versions?: Versions;
  /** Definitions of one's own, which win over registered ones of the same version. Do not change the list afterwards. */
  models?: readonly ObjectDefinition[];
}

export interface Versions { lwm2m?: string; [object: number]: string | null }

/** What else `decode` can be told. */
export interface DecodeOptions extends Options {
  /** `false`: integers are numbers where that is exact, bigints beyond 2^53. Default: always bigints. */
  bigint?: boolean;
  /** `true`: times are `Date`s. Default: seconds since 1970 UTC. */
  dates?: boolean;
}

/** An integer under these options. */
export type Integer<O extends DecodeOptions = {}> = O extends { bigint: false } ? number | bigint : bigint;
/** A time under these options: beyond 2^53 seconds a bigint, also where no `Date` reaches. */
export type Time<O extends DecodeOptions = {}> = O extends { dates: true } ? Date | number | bigint : number | bigint;

interface At<O extends DecodeOptions> {
  /** `"/3/0/9"`; `"/3/-"` if the client is to pick the instance. */
  path: string;
  /** When, if the payload says: seconds since 1970 UTC, or a `Date`. */
  time?: O extends { dates: true } ? Date | number : number;
  /** When, if the payload says it relative to its arrival: seconds, below zero for the past. */
  timeOffset?: number;
  /** `false` if no definition is known for the resource and the type is what the payload shows, or `"opaque"`. */
  typed?: false;
}

/** One line of a payload: where, what, when. Tell the kinds apart by `type`. */
export type Entry<O extends DecodeOptions = {}> = At<O> & (
  | { type: "string"; value: string }
  | { type: "integer"; value: Integer<O> }
  | { type: "unsigned"; value: Integer<O> }
  | { type: "float"; value: number }
  | { type: "boolean"; value: boolean }
  /** A view into the payload: copy it (`.slice()`) to keep it when the payload's memory is used again. */
  | { type: "opaque"; value: Uint8Array }
  | { type: "time"; value: Time<O> }
  | { type: "objlnk"; value: ObjectLink }
  /** Links in link format; see `parseLinks`. */
  | { type: "corelnk"; value: string }
  /** A path alone: a wish in a composite read, or an empty instance. */
  | { type: "none"; value: null }
  /** To be deleted (SenML-ETCH). */
  | { type: "delete"; value: null }
);

/**
 * An entry to be written: as `decode` gives it, or without `type`; then the definition says what the value is. Integers
 * may be bigints or safe numbers, times seconds or `Date`s.
 */
export interface EntryInput {
  path: string;
  type?: ValueType | "none" | "delete";
  value?: string | number | bigint | boolean | Uint8Array | ArrayBuffer | Date | ObjectLink | null;
  /** Seconds since 1970 UTC; as a string with all its digits. */
  time?: number | string | Date;
  /** Seconds from the arrival of the payload. */
  timeOffset?: number | string;
}

/**
 * Reads a payload.
 *
 * @param path what was asked for, `"/3/0"`: names lie at or below it, TLV and single values are read relative to it
 * @throws Lwm2mError
 */
export function decode<const O extends DecodeOptions = {}>(
  format: Format, path: string, bytes: Uint8Array | ArrayBufferView | ArrayBuffer, options?: O,
): Entry<O>[];

/**
 * Writes a payload. Strict: what a format cannot say, or what is of another type than its definition, is an error.
 *
 * @throws Lwm2mError
 */
export function encode(
  format: Format, path: string, entries: Iterable<EntryInput>, options?: Options,
): Uint8Array<ArrayBuffer>;

/** The entries of one device in the answer of a gateway. */
export interface Group<O extends DecodeOptions = {}> {
  /** The prefix of the end device; empty for the gateway itself. */
  prefix: string;
  entries: Entry<O>[];
}

/**
 * Reads a composite of a gateway, whose names may carry prefixes: one group for each, in the order of first appearance.
 *
 * @throws Lwm2mError
 */
export function decodeGroups<const O extends DecodeOptions = {}>(
  format: Format, path: string, bytes: Uint8Array | ArrayBufferView | ArrayBuffer, options?: O,
): Group<O>[];

/** A tree of plain objects: object, instance, resource, and instance of a multiple resource. */
export interface Tree { [key: string]: Tree | Entry["value"] | number | Date }

/**
 * Entries as a tree: `{ 3: { 0: { 9: 100n } } }`, or with `names` `{ Device: { 0: { "Battery Level": 100n } } }`. Of a
 * value with a history the newest stands in it. `T` can be a type that `npx lwm2m types` made.
 *
 * What has no name, or one that another resource of the object has too, stands under its id, or with it behind the name.
 */
export function toTree<T = Tree>(
  entries: Iterable<{ path: string; type?: string; value?: unknown; time?: number | string | Date; timeOffset?: number | string }>,
  options?: { names?: boolean } & Pick<Options, "models" | "versions">,
): T;

/** Some bytes of a payload. */
export interface Span { start: number; end: number }

/** What some bytes of a payload are. */
export interface Field extends Span {
  /** The kind: `"TlvType"`, `"BaseName"`, `"Value"`, `"Error"`, … */
  kind: string;
  /** The kind in plain English: `"type"`, `"base name"`, `"value"`, `"error"`. */
  name: string;
  /** In how many other fields it is. */
  depth: number;
  /** The entry it belongs to, by its place. */
  entry?: number;
  /** The path it is about. */
  path?: string;
}

/** A payload taken apart. */
export interface Annotation<O extends DecodeOptions = {}> {
  /** In order; a field stands before those in it. Those that hold no others cover every byte. */
  fields: Field[];
  /** As `decode` gives them; those before the error, if there is one. */
  entries: Entry<O>[];
  /** Where each entry is. */
  spans: Span[];
  /** Why the payload cannot be read. */
  error?: Lwm2mError;
}

/** Reads a payload as `decode` does, and tells what each of its bytes is. An error in it is part of the answer. */
export function annotate<const O extends DecodeOptions = {}>(
  format: Format, path: string, bytes: Uint8Array | ArrayBufferView | ArrayBuffer, options?: O,
): Annotation<O>;

/** A path with its ids taken apart. */
export interface ParsedPath {
  /** As it is written: `"/3/0/9"`. */
  path: string;
  level: "root" | "object" | "object instance" | "resource" | "resource instance";
  ids: number[];
  object?: number;
  /** None also for `"/3/-"`, an instance whose id the client picks. */
  instance?: number;
  resource?: number;
  resourceInstance?: number;
}

/**
 * Reads a path. Also takes a missing slash at the start, and one at the end, unless `strict`.
 *
 * @throws Lwm2mError
 */
export function parsePath(path: string, options?: Pick<Options, "strict">): ParsedPath;

/** A link of a registration or of Discover. */
export interface Link {
  target: string;
  /** The target as a path below the root, if it is one. */
  path?: string;
  /** The attributes by name, the first of a name; `true` if it has no value. */
  attributes: Record<string, string | true>;
}

/**
 * Reads link format: the body of a registration, the answer of Discover, a value of type `corelnk`.
 *
 * @throws Lwm2mError
 */
export function parseLinks(
  links: string | Uint8Array | ArrayBufferView | ArrayBuffer, options?: Pick<Options, "root" | "strict">,
): Link[];

/** Notification attributes: times in seconds. */
export interface Attributes {
  pmin?: number; pmax?: number; gt?: number; lt?: number; st?: number; epmin?: number; epmax?: number;
  edge?: boolean; con?: boolean; hqmax?: number;
}

/** What a Write-Attributes asks for. */
export interface WriteAttributes {
  set: Attributes;
  unset: (keyof Attributes)[];
}

/**
 * Reads the query of a Write-Attributes, `"pmin=10&gt=5.5&pmax"`. With `path` it must also fit the resource, make sense,
 * and be known to a device of version `lwm2m` (default `"1.2"`).
 *
 * @throws Lwm2mError
 */
export function parseAttributes(
  query: string, options?: { path?: string; lwm2m?: string } & Pick<Options, "strict" | "models" | "versions">,
): WriteAttributes;

/** What is registered of the resource at or above a path; undefined if nothing is. */
export function resource(
  path: string, options?: Pick<Options, "strict" | "models" | "versions">,
): ResourceDefinition | undefined;

/**
 * What is registered of an object, in the version that counts; undefined if nothing is.
 */
export function object(id: number, options?: Pick<Options, "models" | "versions">): ObjectDefinition | undefined;

/** An object in one version. The names, ranges and units are those of the OMNA registry. */
export interface ObjectDefinition {
  id: number;
  name: string;
  /** Default: `"1.0"`. */
  version?: string;
  /** The lowest version of LwM2M it needs. Default: `"1.0"`. */
  lwm2m?: string;
  /** Whether it may have several instances. */
  multiple?: boolean;
  mandatory?: boolean;
  /** The resources by id. */
  resources: Record<number, ResourceDefinition>;
}

/** A resource of an object. */
export interface ResourceDefinition {
  id: number;
  name: string;
  /** What a server may do: `""` means nothing. */
  operations: "" | "R" | "W" | "RW" | "E";
  /** None if it is only executed. */
  type?: ValueType;
  /** Whether it has resource instances. */
  multiple?: boolean;
  mandatory?: boolean;
  /** `"0..100"`, `"10,26"`; of text and bytes it bounds the length. */
  range?: string;
  /** `"Cel"`, `"/100"`. */
  units?: string;
  /** Names of values, of core objects: `{ 0: "Idle", 1: "Downloading" }`. */
  values?: Record<number, string>;
}

/** Why something could not be read or written. */
export class Lwm2mError extends Error {
  name: "Lwm2mError";
  /** The kind: `"Truncated"`, `"WrongType"`, `"Path"`, … */
  code: string;
  /** The byte of the payload, or of the text. */
  at?: number;
  /** Of a definition: line and column, from 1. */
  line?: number;
  column?: number;
  /** The path it is about. */
  path?: string;
}
