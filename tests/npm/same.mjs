// What must hold in every environment; the same calls in all of them. Gives "same" or throws.

/** @param lwm2m the package; @param ddf lwm2m/ddf, where it is loaded */
export function check(lwm2m, ddf) {
  const { annotate, decode, decodeGroups, encode, object, parseAttributes, parseLinks, parsePath, resource, toTree } = lwm2m;
  equal(decode('tlv', '/3/0', bytes('c10964')), [{ path: '/3/0/9', type: 'integer', value: 100n }]);
  equal(decode(11542, '/3/0', bytes('c10964'), { bigint: false })[0].value, 100);
  equal(decode('application/vnd.oma.lwm2m+tlv', '/3/0', bytes('c40d5182428f'), { dates: true })[0].value,
    new Date('2013-05-02T10:40:15Z'));
  equal(decode(11542, '/5/0', bytes('c2000102'))[0].value, new Uint8Array([1, 2]));
  equal(decode(11542, '/42769/0', bytes('c10041'))[0], { path: '/42769/0/0', type: 'opaque', value: bytes('41'), typed: false });
  equal(new TextDecoder().decode(encode('senml-json', '/3/0', [{ path: '/3/0/9', value: 100 }])), '[{"bn":"/3/0/","n":"9","v":100}]');
  const groups = decodeGroups(110, '/', new TextEncoder().encode('[{"n":"/d01/3303/0/5700","v":1},{"n":"/3/0/9","v":2}]'));
  equal(groups.map(({ prefix, entries }) => [prefix, entries[0].path]), [['d01', '/3303/0/5700'], ['', '/3/0/9']]);
  equal(toTree(decode('tlv', '/3/0', bytes('c10964'))), { 3: { 0: { 9: 100n } } });
  equal(toTree(decode('tlv', '/3/0', bytes('c10964')), { names: true }), { Device: { 0: { 'Battery Level': 100n } } });
  equal(annotate('tlv', '/3/0', bytes('c10964')).fields.map(({ name }) => name), ['resource', 'type', 'id', 'value']);
  equal(annotate('tlv', '/3/0', bytes('c109')).error.code, 'Truncated');
  equal(parseLinks('</3/0>;ver="1.1"'), [{ target: '/3/0', path: '/3/0', attributes: { ver: '1.1' } }]);
  equal(parsePath('/3/0/9').resource, 9);
  equal(parseAttributes('pmin=10&pmax'), { set: { pmin: 10 }, unset: ['pmax'] });
  equal(object(3303).name, 'Temperature');
  equal(resource('/3303/0/5700').type, 'float');
  const error = thrown(() => decode('tlv', '/3/0', bytes('c800144f')));
  equal([error.name, error instanceof lwm2m.Lwm2mError, error.code, error.at], ['Lwm2mError', true, 'Truncated', 4]);
  equal(thrown(() => decode('tlv', '3//0', bytes(''))).code, 'Path');
  equal(thrown(() => decode('xml', '/3', bytes(''))).code, 'Format');
  equal(thrown(() => encode('text', '/3/0/9', [{ path: '/3/0/9', value: 'full' }])).path, '/3/0/9');
  if (ddf) {
    const { objects, warnings } = ddf.loadDdf(LAMP);
    equal([objects[0].name, warnings.length], ['Lamp', 0]);
    equal(decode('text', '/33001/0/0', bytes('3737'), { models: objects })[0].value, 77n);
    equal(ddf.lint(LAMP.replace('</Object>', '')).map(({ rule }) => rule), ['xml']);
    equal(thrown(() => ddf.loadDdf('<a/>')).code, 'Ddf');
  }
  return 'same';
}

const LAMP = `<LWM2M><!-- Copyright: none, take it -->
  <Object ObjectType="MODefinition"><Name>Lamp</Name><ObjectID>33001</ObjectID>
    <ObjectURN>urn:oma:lwm2m:x:33001</ObjectURN><MultipleInstances>Single</MultipleInstances>
    <Mandatory>Optional</Mandatory><Resources>
      <Item ID="0"><Name>Brightness</Name><Operations>RW</Operations><Type>Integer</Type>
        <RangeEnumeration>0..100</RangeEnumeration><Units>/100</Units></Item>
    </Resources></Object></LWM2M>`;

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function thrown(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error(`${work} threw nothing`);
}

function equal(got, want) {
  const text = (value) => JSON.stringify(value, (_, part) => {
    if (typeof part === 'bigint') return `${part}n`;
    return part instanceof Uint8Array ? `bytes ${Array.from(part)}` : part;
  });
  if (text(got) !== text(want)) throw new Error(`${text(got)}, not ${text(want)}`);
}
