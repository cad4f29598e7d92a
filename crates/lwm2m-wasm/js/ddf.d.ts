// lwm2m/ddf: object definitions in XML, as the OMNA registry publishes them. Loads a second module.
import type { ObjectDefinition } from "./index.js";

/** What the author of a file should hear of. */
export interface DdfWarning {
  line: number;
  column: number;
  object: number;
  resource?: number;
  message: string;
}

/**
 * Reads object definitions, for the option `models`.
 *
 * @throws Lwm2mError of code `"Ddf"`, with `line` and `column`
 */
export function loadDdf(xml: string | ArrayBufferView | ArrayBuffer): {
  objects: ObjectDefinition[];
  warnings: DdfWarning[];
};

/** Something that a linter has to say. */
export interface Finding {
  severity: "error" | "warning" | "note";
  line: number;
  column: number;
  /** The name of the rule. */
  rule: string;
  message: string;
  /** What to do. */
  help: string;
}

/** Says all that there is to say about a file of object definitions. With the name of the file it is checked too. */
export function lint(xml: string | ArrayBufferView | ArrayBuffer, fileName?: string): Finding[];
