package peers;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;

import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.observer.LwM2mClientObserver;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;

/**
 * A scriptable LwM2M 1.1 client over UDP without security: options on the command line (--endpoint=, --uri=,
 * --lifetime=, --manufacturer=), commands on stdin, one line per event on stdout. It ends when stdin ends.
 */
public class Client {
    static final int SHORT_SERVER_ID = 123;

    static synchronized void event(String format, Object... args) {
        System.out.println(String.format(format, args));
        System.out.flush();
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (String arg : args) {
            String[] kv = arg.replaceFirst("^--", "").split("=", 2);
            options.put(kv[0], kv.length == 2 ? kv[1] : "true");
        }
        String endpoint = options.getOrDefault("endpoint", "leshan-1");
        String uri = options.getOrDefault("uri", "coap://127.0.0.1:5683");
        long lifetime = Long.parseLong(options.getOrDefault("lifetime", "300"));

        ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(ObjectLoader.loadAllDefault()));
        objects.setInstancesForObject(LwM2mId.SECURITY, Security.noSec(uri, SHORT_SERVER_ID));
        objects.setInstancesForObject(LwM2mId.SERVER,
                new Server(SHORT_SERVER_ID, lifetime, EnumSet.of(BindingMode.U), false, BindingMode.U));
        objects.setInstancesForObject(LwM2mId.DEVICE, new Device(options.getOrDefault("manufacturer", "Peers Inc.")));

        LeshanClient client = new LeshanClientBuilder(endpoint) //
                .setObjects(objects.createAll()) //
                .setEndpointsProviders(
                        new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider()).build()) //
                .build();
        client.addObserver(clientEvents());
        client.start();
        event("started %s %s", endpoint, uri);

        BufferedReader stdin = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = stdin.readLine()) != null && command(client, line.trim());) {
        }
        client.destroy(true);
        event("stopped");
        System.exit(0);
    }

    /** Does one command; false ends the client, with a de-registration. */
    static boolean command(LeshanClient client, String command) {
        switch (command) {
        case "update":
            client.triggerRegistrationUpdate();
            return true;
        case "deregister":
            client.stop(true);
            return true;
        case "start":
            client.start();
            return true;
        case "crash": // leaves without de-registration
            Runtime.getRuntime().halt(0);
            return false;
        case "quit":
            return false;
        default:
            event("error unknown command %s", command);
            return true;
        }
    }

    /** onRegistrationSuccess(server, request, id) prints "registered id", and so on for every callback. */
    static LwM2mClientObserver clientEvents() {
        return (LwM2mClientObserver) Proxy.newProxyInstance(Client.class.getClassLoader(),
                new Class<?>[] { LwM2mClientObserver.class }, (proxy, method, args) -> {
                    if (method.getDeclaringClass() == Object.class)
                        return method.getName().equals("equals") ? (Object) (proxy == args[0]) : (Object) 1;
                    String name = method.getName().substring(2).replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase();
                    StringBuilder text = new StringBuilder(name.equals("registration-success") ? "registered" : name);
                    for (int i = 2; i < args.length; i++)
                        text.append(' ').append(args[i]);
                    event("%s", text);
                    return null;
                });
    }

    /** Object 3 with values that never change, so that a test can compare them. */
    public static class Device extends SimpleInstanceEnabler {
        public Device() { // the library asks for one
            this("Peers Inc.");
        }

        Device(String manufacturer) {
            super(0, 0, manufacturer, 1, "leshan-client", 2, "SN-0001", 3, "1.0", 9, 75L, 10, 2048L, //
                    14, "+01:00", 15, "Etc/UTC", 16, "U", 17, "test device", 18, "hw-1", 19, "sw-1", 20, 1L, 21, 65536L);
        }

        @Override
        public ReadResponse read(LwM2mServer server, int id) {
            ReadResponse response = super.read(server, id);
            if (!server.isSystem())
                event("read /3/%d/%d %s", getId(), id, response.getCode());
            return response;
        }
    }
}
