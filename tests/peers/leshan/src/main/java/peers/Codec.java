package peers;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.eclipse.leshan.core.link.DefaultLinkParser;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mEncoder;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Leshan's payload codecs behind stdin and stdout: a JSON object per line in, one per line out, in the same order;
 * <code>{"end":true}</code> is answered with <code>end</code>.
 *
 * An entry is [path, type, value, time]; the value as text: floats as the 16 hex digits of their bits, times and time in
 * decimal seconds, opaque in hex. The type of each resource is that of object 33000 of the vectors; 33001 is the same.
 */
public class Codec {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DefaultLwM2mEncoder ENCODER = new DefaultLwM2mEncoder(true);
    private static final DefaultLwM2mDecoder DECODER = new DefaultLwM2mDecoder(true);
    private static final Type[] TYPES = { Type.STRING, Type.INTEGER, Type.UNSIGNED_INTEGER, Type.FLOAT, Type.BOOLEAN,
            Type.OPAQUE, Type.TIME, Type.OBJLNK, Type.CORELINK };
    private static final String[] NAMES = { "string", "integer", "unsigned", "float", "boolean", "opaque", "time",
            "objlnk", "corelnk" };
    private static final LwM2mModel MODEL = new StaticModel(allTypes(33000), allTypes(33001));

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null;) {
            if (line.contains("\"end\":true")) {
                out.println("end");
                out.flush();
                continue;
            }
            ObjectNode answer = JSON.createObjectNode();
            try {
                answer(JSON.readTree(line), answer);
            } catch (Exception | StackOverflowError error) {
                StringBuilder text = new StringBuilder();
                for (Throwable cause = error; cause != null; cause = cause.getCause())
                    text.append(text.length() > 0 ? " <- " : "").append(cause);
                answer.removeAll();
                answer.put("error", text.toString());
            }
            out.println(JSON.writeValueAsString(answer));
        }
        out.flush();
    }

    private static void answer(JsonNode request, ObjectNode answer) throws Exception {
        ContentFormat format = ContentFormat.fromCode(request.get("format").asInt());
        LwM2mPath base = new LwM2mPath(request.get("base").asText());
        String kind = request.get("kind").asText();
        if (request.has("hex"))
            decode(Hex.decodeHex(request.get("hex").asText().toCharArray()), format, base, kind, answer.putArray("entries"));
        else
            answer.put("hex", Hex.encodeHexString(encode(request.get("entries"), format, base, kind)));
    }

    private static void decode(byte[] payload, ContentFormat format, LwM2mPath base, String kind, ArrayNode out) {
        switch (kind) {
        case "node":
            flatten(parentOf(base), DECODER.decode(payload, format, "/", base, MODEL), null, out);
            break;
        case "timestamped":
            for (TimestampedLwM2mNode one : DECODER.decodeTimestampedData(payload, format, "/", base, MODEL))
                flatten(parentOf(base), one.getNode(), one.getTimestamp(), out);
            break;
        case "composite":
            DECODER.decodeNodes(payload, format, "/", null, MODEL)
                    .forEach((path, node) -> flatten(parentOf(path), node, null, out));
            break;
        case "timestamped_composite":
            TimestampedLwM2mNodes nodes = DECODER.decodeTimestampedNodes(payload, format, "/", null, MODEL);
            for (Instant time : nodes.getTimestamps())
                nodes.getNodesAt(time).forEach((path, node) -> flatten(parentOf(path), node, time, out));
            break;
        default:
            DECODER.decodePaths(payload, format, "/").forEach(path -> out.addArray().add(path.toString()).add("none").add("").addNull());
        }
    }

    private static byte[] encode(JsonNode entries, ContentFormat format, LwM2mPath base, String kind) throws Exception {
        Map<Instant, Map<String, LwM2mNode>> times = new LinkedHashMap<>();
        List<LwM2mPath> paths = new ArrayList<>();
        for (JsonNode entry : entries) {
            String path = entry.get(0).asText();
            if (kind.equals("paths")) {
                paths.add(new LwM2mPath(path));
                continue;
            }
            times.computeIfAbsent(time(entry.get(3)), at -> new LinkedHashMap<>()).put(path, node(path, entry));
        }
        switch (kind) {
        case "node":
            return ENCODER.encode(build(base, times.get(null)), format, "/", base, MODEL);
        case "timestamped":
            List<TimestampedLwM2mNode> list = new ArrayList<>();
            times.forEach((time, leaves) -> list.add(new TimestampedLwM2mNode(time, build(base, leaves))));
            return ENCODER.encodeTimestampedData(list, format, "/", base, MODEL);
        case "composite":
            return ENCODER.encodeNodes(byPath(times.get(null)), format, "/", MODEL);
        case "timestamped_composite":
            TimestampedLwM2mNodes.Builder nodes = TimestampedLwM2mNodes.builder();
            times.forEach((time, leaves) -> nodes.addNodes(time, byPath(leaves)));
            return ENCODER.encodeTimestampedNodes(nodes.build(), format, "/", MODEL);
        default:
            return ENCODER.encodePaths(paths, format, "/");
        }
    }

    private static Map<LwM2mPath, LwM2mNode> byPath(Map<String, LwM2mNode> leaves) {
        Map<LwM2mPath, LwM2mNode> out = new LinkedHashMap<>();
        leaves.forEach((path, node) -> out.put(new LwM2mPath(path), node));
        return out;
    }

    /** The text before the id of the node at this path. */
    private static String parentOf(LwM2mPath path) {
        String text = path.toString();
        return text.substring(0, text.lastIndexOf('/'));
    }

    /** Of an instance without an id, the id that Leshan gives it is no id. */
    private static void flatten(String parent, LwM2mNode node, Instant time, ArrayNode out) {
        int id = ((LwM2mChildNode) node).getId();
        String path = parent + "/" + (id < 0 ? "-" : id);
        if (node instanceof LwM2mObject) {
            ((LwM2mObject) node).getInstances().values().forEach(child -> flatten(path, child, time, out));
        } else if (node instanceof LwM2mObjectInstance) {
            ((LwM2mObjectInstance) node).getResources().values().forEach(child -> flatten(path, child, time, out));
        } else if (node instanceof LwM2mMultipleResource) {
            ((LwM2mMultipleResource) node).getInstances().values().forEach(child -> flatten(path, child, time, out));
        } else if (node instanceof LwM2mSingleResource) {
            LwM2mSingleResource leaf = (LwM2mSingleResource) node;
            entry(path, leaf.getType(), leaf.getValue(), time, out);
        } else {
            LwM2mResourceInstance leaf = (LwM2mResourceInstance) node;
            entry(path, leaf.getType(), leaf.getValue(), time, out);
        }
    }

    private static void entry(String path, Type type, Object value, Instant time, ArrayNode out) {
        String text;
        if (value instanceof byte[])
            text = Hex.encodeHexString((byte[]) value);
        else if (value instanceof Date)
            text = BigDecimal.valueOf(((Date) value).getTime(), 3).stripTrailingZeros().toPlainString();
        else if (value instanceof Double)
            text = String.format("%016x", Double.doubleToRawLongBits((Double) value));
        else if (value instanceof ObjectLink)
            text = ((ObjectLink) value).getObjectId() + ":" + ((ObjectLink) value).getObjectInstanceId();
        else if (value instanceof Link[])
            text = new DefaultLinkSerializer().serializeCoreLinkFormat((Link[]) value);
        else
            text = value.toString();
        ArrayNode entry = out.addArray().add(path).add(NAMES[List.of(TYPES).indexOf(type)]).add(text);
        if (time == null)
            entry.addNull();
        else
            entry.add(new BigDecimal(time.getEpochSecond()).add(BigDecimal.valueOf(time.getNano(), 9)).stripTrailingZeros().toPlainString());
    }

    private static Instant time(JsonNode time) {
        if (time.isNull())
            return null;
        BigDecimal seconds = new BigDecimal(time.asText());
        BigDecimal whole = seconds.setScale(0, java.math.RoundingMode.FLOOR);
        return Instant.ofEpochSecond(whole.longValueExact(), seconds.subtract(whole).movePointRight(9).longValueExact());
    }

    private static LwM2mNode node(String path, JsonNode entry) throws Exception {
        Type type = TYPES[List.of(NAMES).indexOf(entry.get(1).asText())];
        Object value = value(type, entry.get(2).asText());
        String[] ids = path.split("/");
        int id = Integer.parseInt(ids[ids.length - 1]);
        return ids.length == 5 ? LwM2mResourceInstance.newInstance(id, value, type)
                : LwM2mSingleResource.newResource(id, value, type);
    }

    private static Object value(Type type, String text) throws Exception {
        switch (type) {
        case INTEGER:
            return Long.valueOf(text);
        case UNSIGNED_INTEGER:
            return ULong.valueOf(text);
        case FLOAT:
            return Double.longBitsToDouble(Long.parseUnsignedLong(text, 16));
        case BOOLEAN:
            return Boolean.valueOf(text);
        case TIME:
            return new Date(Math.multiplyExact(Long.parseLong(text), 1000L));
        case OPAQUE:
            return Hex.decodeHex(text.toCharArray());
        case OBJLNK:
            return ObjectLink.decodeFromString(text);
        case CORELINK:
            return new DefaultLinkParser().parseCoreLinkFormat(text.getBytes(StandardCharsets.UTF_8));
        default:
            return text;
        }
    }

    /** Puts leaves together to the one node at the base path. */
    private static LwM2mNode build(LwM2mPath base, Map<String, LwM2mNode> leaves) {
        if (base.isResourceInstance())
            return leaves.values().iterator().next();
        Map<String, Map<Integer, List<LwM2mNode>>> tree = new TreeMap<>();
        leaves.forEach((path, node) -> {
            String[] ids = path.split("/");
            tree.computeIfAbsent(ids[2], id -> new TreeMap<>())
                    .computeIfAbsent(Integer.valueOf(ids[3]), id -> new ArrayList<>()).add(node);
        });
        List<LwM2mObjectInstance> instances = new ArrayList<>();
        for (Map.Entry<String, Map<Integer, List<LwM2mNode>>> instance : tree.entrySet()) {
            List<LwM2mResource> resources = new ArrayList<>();
            instance.getValue().forEach((id, nodes) -> resources.add(resource(id, nodes)));
            if (base.isResource())
                return resources.get(0);
            instances.add(instance.getKey().equals("-") ? new LwM2mObjectInstance(resources)
                    : new LwM2mObjectInstance(Integer.parseInt(instance.getKey()), resources));
        }
        boolean single = base.isObjectInstance() || tree.containsKey("-");
        return single ? instances.get(0) : new LwM2mObject(base.getObjectId(), instances);
    }

    private static LwM2mResource resource(int id, List<LwM2mNode> nodes) {
        if (nodes.get(0) instanceof LwM2mResource)
            return (LwM2mResource) nodes.get(0);
        LwM2mResourceInstance[] all = nodes.toArray(new LwM2mResourceInstance[0]);
        return new LwM2mMultipleResource(id, all[0].getType(), all);
    }

    /** Resources base + 0 to 8 are of the nine types; base 0 and 1000 single, 100 and 1100 multiple. */
    private static ObjectModel allTypes(int object) {
        List<ResourceModel> resources = new ArrayList<>();
        for (int base : new int[] { 0, 100, 1000, 1100 })
            for (int type = 0; type < TYPES.length; type++)
                resources.add(new ResourceModel(base + type, NAMES[type], Operations.RW, base % 1000 == 100, false,
                        TYPES[type], "", "", ""));
        return new ObjectModel(object, "All types", "", "1.0", true, false, resources.toArray(new ResourceModel[0]));
    }
}
