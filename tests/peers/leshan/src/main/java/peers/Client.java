package peers;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.observer.LwM2mClientObserver;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.SimpleDownlinkRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;

/**
 * A scriptable LwM2M 1.1 client over UDP without security: options on the command line (--endpoint=, --uri=,
 * --lifetime=, --manufacturer=, --temperature for object 3303), commands on stdin, one line per event on stdout. It ends
 * when stdin ends.
 */
public class Client {
    static final int SHORT_SERVER_ID = 123;

    public static void main(String[] args) throws Exception {
        Map<String, String> options = Peer.options(args);
        String endpoint = options.getOrDefault("endpoint", "leshan-1");
        String uri = options.getOrDefault("uri", "coap://127.0.0.1:5683");
        long lifetime = Long.parseLong(options.getOrDefault("lifetime", "300"));

        ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(Peer.models()));
        objects.setInstancesForObject(LwM2mId.SECURITY, Security.noSec(uri, SHORT_SERVER_ID));
        objects.setInstancesForObject(LwM2mId.SERVER,
                new Server(SHORT_SERVER_ID, lifetime, EnumSet.of(BindingMode.U), false, BindingMode.U));
        objects.setInstancesForObject(LwM2mId.DEVICE,
                new DeviceObjects.Device(options.getOrDefault("manufacturer", "Peers Inc.")));
        if (options.containsKey("temperature"))
            objects.setInstancesForObject(3303, new DeviceObjects.Temperature());
        List<LwM2mObjectEnabler> enablers = new ArrayList<>();
        for (LwM2mObjectEnabler enabler : objects.createAll())
            enablers.add(logged(enabler));

        LeshanClient client = new LeshanClientBuilder(endpoint) //
                .setObjects(enablers) //
                .setEndpointsProviders(
                        new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider()).build()) //
                .build();
        // (server, request, …) of every callback go without saying.
        client.addObserver(Peer.logged(LwM2mClientObserver.class, Map.of("registration-success", "registered"), 2));
        client.start();
        Peer.event("started %s %s", endpoint, uri);
        Peer.commands(line -> command(client, line));
        client.destroy(true);
        Peer.event("stopped");
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
            Peer.event("error unknown command %s", command);
            return true;
        }
    }

    /** Prints one line for each request of a server that reaches the object, with the response code. */
    static LwM2mObjectEnabler logged(LwM2mObjectEnabler target) {
        Map<String, String> verbs = Map.of("read", "read", "write", "written", "execute", "executed", "observe",
                "observed", "create", "created", "delete", "deleted", "discover", "discovered", "writeAttributes",
                "attributes");
        List<Class<?>> types = new ArrayList<>();
        for (Class<?> c = target.getClass(); c != null; c = c.getSuperclass())
            types.addAll(Arrays.asList(c.getInterfaces()));
        return (LwM2mObjectEnabler) Proxy.newProxyInstance(Client.class.getClassLoader(),
                types.stream().distinct().toArray(Class[]::new), (proxy, method, args) -> {
                    Object result;
                    try {
                        result = method.invoke(target, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    boolean remote = args != null && args.length == 2 && args[0] instanceof LwM2mServer
                            && !((LwM2mServer) args[0]).isSystem();
                    String verb = verbs.get(method.getName());
                    if (remote && result instanceof LwM2mResponse && verb != null)
                        Peer.event("%s %s %s%s", verb, ((SimpleDownlinkRequest<?>) args[1]).getPath(),
                                ((LwM2mResponse) result).getCode(), detail(args[1]));
                    return result;
                });
    }

    static String detail(Object request) {
        if (request instanceof WriteRequest)
            return " " + ((WriteRequest) request).getNode();
        if (request instanceof ExecuteRequest)
            return " " + ((ExecuteRequest) request).getArguments();
        if (request instanceof WriteAttributesRequest)
            return " " + ((WriteAttributesRequest) request).getAttributes();
        if (request instanceof CreateRequest)
            return " " + ((CreateRequest) request).getObjectInstances();
        return "";
    }
}
