package peers;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.codec.text.LwM2mNodeTextDecoder;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.WriteRequest.Mode;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

/**
 * A scriptable LwM2M 1.1 server over UDP without security: commands on stdin, one line per event and per answer on stdout.
 * It listens on a free port of its own choice and ends when stdin ends.
 */
public class Server {
    static final int SECONDS = 10;
    static LeshanServer server;

    public static void main(String[] args) throws Exception {
        LeshanServerBuilder builder = new LeshanServerBuilder();
        builder.setObjectModelProvider(new VersionedModelProvider(Peer.models()));
        var endpoints = new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider());
        endpoints.addEndpoint("coap://127.0.0.1:0");
        builder.setEndpointsProviders(endpoints.build());
        server = builder.build();
        server.getRegistrationService().addListener(registrations());
        server.getObservationService().addListener(observations());
        server.start();
        server.getEndpoints().forEach(e -> Peer.event("listening %s", e.getURI()));
        Peer.commands(line -> {
            Peer.event("%s", command(line));
            return true;
        });
        server.destroy();
        System.exit(0);
    }

    /** VERB ENDPOINT PATH [REST]: what the device answered, as `VERB PATH CODE CONTENT`. */
    static String command(String line) throws Exception {
        String[] words = line.split(" +", 4);
        String verb = words[0], path = words[2], rest = words.length > 3 ? words[3] : "";
        Registration device = server.getRegistrationService().getByEndpoint(words[1]);
        if (device == null)
            return "error " + words[1] + " is not registered";
        if (verb.equals("forget")) // the next notification is answered by a Reset
            return "forget " + path + " " + server.getObservationService().cancelObservations(device, path);
        LwM2mResponse response = server.send(device, request(device, verb, path, rest), SECONDS * 1000);
        return verb + " " + path + " " + (response == null ? "TIMEOUT" : response.getCode() + " " + response);
    }

    static DownlinkDeviceManagementRequest<?> request(Registration device, String verb, String path, String rest)
            throws Exception {
        ContentFormat format = rest.isEmpty() ? null : ContentFormat.fromName(rest);
        LwM2mPath target = new LwM2mPath(path);
        switch (verb) {
        case "read": // read EP PATH [FORMAT]
            return new ReadRequest(format, path);
        case "observe": // observe EP PATH [FORMAT]
            return new ObserveRequest(format, path);
        case "cancel": // cancel EP PATH: by a GET with Observe 1
            return new CancelObservationRequest(observation(device, target));
        case "discover":
            return new DiscoverRequest(path);
        case "attributes": // attributes EP PATH pmin=1&pmax=5
            return new WriteAttributesRequest(path,
                    new LwM2mAttributeSet(new DefaultLwM2mAttributeParser().parseUriQuery(rest)));
        case "write": // write EP PATH TEXT
            return new WriteRequest(Mode.REPLACE, null, path, value(device, path, rest));
        case "replace": // replace EP INSTANCE ID=TEXT,ID=TEXT
            return new WriteRequest(Mode.REPLACE, target.getObjectId(), target.getObjectInstanceId(),
                    values(device, path, rest));
        case "update": // update EP INSTANCE ID=TEXT,ID=TEXT
            return new WriteRequest(Mode.UPDATE, target.getObjectId(), target.getObjectInstanceId(),
                    values(device, path, rest));
        case "create": // create EP INSTANCE ID=TEXT,ID=TEXT; of an OBJECT, whose device chooses the instance
            if (target.isObject())
                return new CreateRequest(target.getObjectId(), values(device, path + "/0", rest));
            return new CreateRequest(target.getObjectId(),
                    new LwM2mObjectInstance(target.getObjectInstanceId(), values(device, path, rest)));
        case "delete":
            return new DeleteRequest(path);
        case "execute": // execute EP PATH [ARGUMENTS]
            return new ExecuteRequest(path, rest.isEmpty() ? null : rest);
        default:
            throw new IllegalArgumentException("unknown command " + verb);
        }
    }

    static SingleObservation observation(Registration device, LwM2mPath path) {
        return server.getObservationService().getObservations(device).stream().map(o -> (SingleObservation) o)
                .filter(o -> o.getPath().equals(path)).findFirst().orElseThrow();
    }

    static List<LwM2mResource> values(Registration device, String path, String text) {
        List<LwM2mResource> resources = new ArrayList<>();
        for (String part : text.split(",")) {
            String[] pair = part.split("=", 2);
            resources.add((LwM2mResource) value(device, path + "/" + pair[0], pair[1]));
        }
        return resources;
    }

    /** A value as plain text says it, by the type of its resource. */
    static LwM2mNode value(Registration device, String path, String text) {
        return new LwM2mNodeTextDecoder().decode(text.getBytes(StandardCharsets.UTF_8), "/", new LwM2mPath(path),
                server.getModelProvider().getObjectModel(device), LwM2mNode.class);
    }

    static RegistrationListener registrations() {
        return new RegistrationListener() {
            @Override
            public void registered(Registration r, Registration old, Collection<Observation> observations) {
                Peer.event("registered %s", describe(r));
            }

            @Override
            public void updated(RegistrationUpdate u, Registration r, Registration previous) {
                Peer.event("updated %s", describe(r));
            }

            @Override
            public void unregistered(Registration r, Collection<Observation> observations, boolean expired,
                    Registration next) {
                Peer.event("unregistered %s%s", r.getEndpoint(), expired ? " expired" : "");
            }
        };
    }

    static String describe(Registration r) {
        return r.getEndpoint() + " lifetime=" + r.getLifeTimeInSec() + " lwm2m=" + r.getLwM2mVersion() + " binding="
                + r.getBindingMode() + " objects=" + r.getSupportedObject() + " instances="
                + r.getAvailableInstances();
    }

    static ObservationListener observations() {
        return new ObservationListener() {
            @Override
            public void newObservation(Observation observation, Registration r) {
            }

            @Override
            public void cancelled(Observation observation) {
            }

            @Override
            public void onResponse(SingleObservation observation, Registration r, ObserveResponse response) {
                Peer.event("notified %s %s %s", observation.getPath(), response.getCode(), response.getContent());
            }

            @Override
            public void onResponse(CompositeObservation observation, Registration r, ObserveCompositeResponse response) {
            }

            @Override
            public void onError(Observation observation, Registration r, Exception error) {
                Peer.event("error in a notification: %s", error);
            }
        };
    }
}
