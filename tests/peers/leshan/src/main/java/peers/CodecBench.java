package peers;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.lwm2m.DefaultLwM2mLinkParser;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.LwM2mModelRepository;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mEncoder;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.util.Hex;

/**
 * Measures Leshan's codecs for `cargo xtask bench codec`: a command a line on stdin, an answer a line on stdout.
 *
 * <pre>
 * model 3303 5700 FLOAT 5701 STRING   one more object that Leshan is to know
 * decode NAME FORMAT BASE FILE        prepares a payload; "encode" what is read from it. Answers "ready NAME"
 * links NAME FILE                     a link list; "print" what is read from it
 * ddf NAME FOLDER FILE FILE ...       object definitions, read without checks by a schema
 * run NAME MILLISECONDS               "OPERATIONS NANOSECONDS" of processor time, that of all threads
 * </pre>
 */
public class CodecBench {
    interface Work {
        Object once() throws Exception;
    }

    static final DefaultLwM2mDecoder DECODER = new DefaultLwM2mDecoder(true);
    static final DefaultLwM2mEncoder ENCODER = new DefaultLwM2mEncoder(true);
    static final DefaultLwM2mLinkParser LINKS = new DefaultLwM2mLinkParser();
    static final com.sun.management.OperatingSystemMXBean PROCESS = (com.sun.management.OperatingSystemMXBean) ManagementFactory
            .getOperatingSystemMXBean();
    /** Where results go, so that nobody can leave the work out. */
    static volatile Object sink;

    public static void main(String[] args) throws Exception {
        List<ObjectModel> models = ObjectLoader.loadAllDefault();
        Map<String, Work> works = new HashMap<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            String[] words = line.split(" ");
            switch (words[0]) {
            case "model":
                models.add(model(words));
                break;
            case "run":
                System.out.println(run(works.get(words[1]), Long.parseLong(words[2]) * 1_000_000));
                break;
            default:
                Work work = prepare(words, new LwM2mModelRepository(models).getLwM2mModel());
                sink = work.once();
                works.put(words[1], work);
                System.out.println("ready " + words[1]);
            }
        }
    }

    static Work prepare(String[] words, LwM2mModel model) throws Exception {
        if (words[0].equals("ddf"))
            return ddf(words);
        byte[] payload = Files.readAllBytes(Path.of(words[words.length - 1]));
        if (words[0].equals("links"))
            return () -> LINKS.parseCoreLinkFormat(payload);
        if (words[0].equals("print")) {
            Link[] links = LINKS.parseCoreLinkFormat(payload);
            DefaultLinkSerializer serializer = new DefaultLinkSerializer();
            return () -> serializer.serializeCoreLinkFormat(links).getBytes(StandardCharsets.UTF_8);
        }
        ContentFormat format = ContentFormat.fromCode(Integer.parseInt(words[2]));
        LwM2mPath base = new LwM2mPath(words[3]);
        boolean encode = words[0].equals("encode");
        if (base.isRoot()) {
            Map<LwM2mPath, LwM2mNode> nodes = DECODER.decodeNodes(payload, format, "/", null, model);
            return encode ? () -> ENCODER.encodeNodes(nodes, format, "/", model)
                    : () -> DECODER.decodeNodes(payload, format, "/", null, model);
        }
        LwM2mNode node = DECODER.decode(payload, format, "/", base, model);
        return encode ? () -> ENCODER.encode(node, format, "/", base, model)
                : () -> DECODER.decode(payload, format, "/", base, model);
    }

    static Work ddf(String[] words) throws Exception {
        List<byte[]> files = new ArrayList<>();
        for (int i = 3; i < words.length; i++)
            files.add(Files.readAllBytes(Path.of(words[2], words[i])));
        return () -> {
            List<ObjectModel> all = new ArrayList<>();
            for (byte[] file : files)
                all.addAll(ObjectLoader.loadDdfFile(new ByteArrayInputStream(file), "file"));
            return all;
        };
    }

    static ObjectModel model(String[] words) {
        List<ResourceModel> resources = new ArrayList<>();
        for (int i = 2; i + 1 < words.length; i += 2)
            resources.add(new ResourceModel(Integer.parseInt(words[i]), words[i], ResourceModel.Operations.RW, false,
                    false, ResourceModel.Type.valueOf(words[i + 1]), "", "", ""));
        int id = Integer.parseInt(words[1]);
        return new ObjectModel(id, "object " + id, "", "1.0", true, false, resources);
    }

    /** Some systems tell processor time in steps of 10 ms, so it is measured from step to step. */
    static String run(Work work, long nanoseconds) throws Exception {
        long start = nextStep(work), now = start, operations = 0, batch = 1;
        while (now - start < nanoseconds) {
            long before = System.nanoTime();
            for (long i = 0; i < batch; i++)
                sink = work.once();
            operations += batch;
            // Long against the question what time it is, short against the whole.
            if (System.nanoTime() - before < nanoseconds / 1000)
                batch *= 2;
            now = PROCESS.getProcessCpuTime();
        }
        return operations + " " + (now - start);
    }

    static long nextStep(Work work) throws Exception {
        long before = PROCESS.getProcessCpuTime(), now;
        do {
            sink = work.once();
            now = PROCESS.getProcessCpuTime();
        } while (now == before);
        return now;
    }
}
