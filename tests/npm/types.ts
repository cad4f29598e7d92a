import { type Entry, Lwm2mError, annotate, decode, decodeGroups, encode, object, parseAttributes, parseLinks, parsePath, toTree } from "lwm2m";
import { lint, loadDdf } from "lwm2m/ddf";
import { init } from "lwm2m/manual";
import { decode as slim } from "lwm2m/slim";
import type { Objects, TemperatureEntry } from "./objects.js";

const bytes = new Uint8Array([0xc1, 9, 100]);
for (const entry of decode("tlv", "/3/0", bytes)) {
  if (entry.type === "integer") {
    const exact: bigint = entry.value;
    // @ts-expect-error a bigint is no number
    const number: number = entry.value;
    console.log(exact, number);
  } else if (entry.type === "opaque") {
    console.log(entry.value.byteLength);
  } else if (entry.type === "objlnk") {
    console.log(entry.value.object + entry.value.instance);
  } else if (entry.type === "none") {
    const nothing: null = entry.value;
    console.log(nothing);
  }
  const when: number | undefined = entry.time;
  console.log(when);
}
const plain = decode(11542, "/3/0", bytes, { bigint: false, dates: true });
for (const entry of plain) {
  if (entry.type === "integer") Number(entry.value).toFixed();
  if (entry.type === "time" && entry.value instanceof Date) entry.value.toISOString();
}
const list: Entry[] = decode("cbor", "/3/0/9", bytes.buffer);
const body: Uint8Array = encode("senml-cbor", "/3/0", [...list, { path: "/3/0/9", value: 100 }, { path: "/3/0/13", value: new Date() }]);
// @ts-expect-error a path is a string
encode("senml-cbor", 3, []);
// @ts-expect-error there is no such option
decode("tlv", "/3/0", body, { strikt: true });
const groups: { prefix: string; entries: Entry[] }[] = decodeGroups("senml-json", "/", bytes);
const tree = toTree<Objects>(list, { names: true });
const reading: number | undefined = tree.Temperature?.[0]?.["Sensor Value"];
const entry: TemperatureEntry = { path: "/3303/0/5700", type: "float", value: 21.5 };
// @ts-expect-error it is a float
const wrong: TemperatureEntry = { path: "/3303/0/5700", type: "float", value: "warm" };
const units: string | undefined = object(3303, { versions: { lwm2m: "1.1", 3303: null } })?.resources[5700]?.units;
const spans: number[] = annotate("tlv", "/3/0", bytes).fields.map(({ start, end }) => end - start);
const link: string | true | undefined = parseLinks("</3>")[0]?.attributes.ver;
const id: number | undefined = parsePath("/3/0/9").resource;
const pmin: number | undefined = parseAttributes("pmin=1").set.pmin;
const { objects } = loadDdf("<LWM2M/>");
slim("text", "/33001/0/0", bytes, { models: objects });
await init({ wasm: fetch("lwm2m.wasm"), registry: new URL("https://example.com/registry.bin") });
try {
  lint("", "3.xml").map(({ line, severity }) => `${line} ${severity}`);
} catch (error) {
  if (error instanceof Lwm2mError) console.log(error.code, error.at, error.path, error.message);
}
console.log(groups, reading, entry, wrong, units, spans, link, id, pmin);
