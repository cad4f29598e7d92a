package peers;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;

/** What the client and the server share: options, commands on stdin, events on stdout, object models. */
class Peer {
    /** Does one command; false ends the program. */
    interface Commands {
        boolean run(String line) throws Exception;
    }

    /** Prints one line. */
    static synchronized void event(String format, Object... args) {
        System.out.println(String.format(format, args).replace('\n', ' '));
        System.out.flush();
    }

    /** --name=value and --name. */
    static Map<String, String> options(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (String arg : args) {
            String[] kv = arg.replaceFirst("^--", "").split("=", 2);
            options.put(kv[0], kv.length == 2 ? kv[1] : "true");
        }
        return options;
    }

    /** Does the commands of stdin until it ends or one of them ends it. */
    static void commands(Commands commands) throws Exception {
        BufferedReader stdin = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = stdin.readLine()) != null;) {
            try {
                if (!commands.run(line.trim()))
                    return;
            } catch (Exception e) {
                event("error %s: %s", line, e);
            }
        }
    }

    /** Prints what each method of an observer is called with: its name in words, then the arguments from this one on. */
    @SuppressWarnings("unchecked")
    static <T> T logged(Class<T> type, Map<String, String> names, int from) {
        return (T) Proxy.newProxyInstance(Peer.class.getClassLoader(), new Class<?>[] { type }, (proxy, method, args) -> {
            if (method.getDeclaringClass() == Object.class)
                return method.getName().equals("equals") ? (Object) (proxy == args[0]) : (Object) 1;
            String name = method.getName().replaceFirst("^on", "").replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase();
            StringBuilder text = new StringBuilder(names.getOrDefault(name, name));
            for (int i = from; i < args.length; i++)
                text.append(' ').append(args[i]);
            event("%s", text);
            return null;
        });
    }

    /** The library's models and those of the objects that our simulated device has besides. */
    static List<ObjectModel> models() {
        List<ObjectModel> models = ObjectLoader.loadAllDefault();
        models.add(new ObjectModel(3303, "Temperature", "", "1.1", true, false, //
                resource(5518, Operations.R, Type.TIME), resource(5601, Operations.R, Type.FLOAT),
                resource(5602, Operations.R, Type.FLOAT), resource(5603, Operations.R, Type.FLOAT),
                resource(5604, Operations.R, Type.FLOAT), resource(5605, Operations.E, Type.NONE),
                resource(5700, Operations.R, Type.FLOAT), resource(5701, Operations.R, Type.STRING),
                resource(5750, Operations.RW, Type.STRING)));
        models.add(new ObjectModel(3311, "Light Control", "", "1.0", true, false, //
                resource(5706, Operations.RW, Type.STRING), resource(5750, Operations.RW, Type.STRING),
                resource(5850, Operations.RW, Type.BOOLEAN), resource(5851, Operations.RW, Type.INTEGER),
                resource(5852, Operations.RW, Type.INTEGER)));
        return models;
    }

    private static ResourceModel resource(int id, Operations operations, Type type) {
        return new ResourceModel(id, "R" + id, operations, false, false, type, "", "", "");
    }
}
