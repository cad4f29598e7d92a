package peers;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;

/** Objects 3 (Device) and 3303 (Temperature); public because the library makes instances by reflection. */
public class DeviceObjects {
    static final ScheduledExecutorService TIMER = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "objects");
        thread.setDaemon(true);
        return thread;
    });

    /** Values that change only when they are written, so that a test can compare them. Execute does nothing, well. */
    public static class Device extends SimpleInstanceEnabler {
        public Device() { // the library asks for one
            this("Peers Inc.");
        }

        Device(String manufacturer) {
            super(0, 0, manufacturer, 1, "leshan-client", 2, "SN-0001", 3, "1.0", 9, 75L, 10, 2048L, //
                    14, "+01:00", 15, "Etc/UTC", 16, "U", 17, "test device", 18, "hw-1", 19, "sw-1", 20, 1L, 21, 65536L);
        }

        @Override
        public ExecuteResponse execute(LwM2mServer server, int id, Arguments arguments) {
            return ExecuteResponse.success();
        }
    }

    /** A triangle wave between 20.0 and 25.0, one step of 0.5 each second. */
    public static class Temperature extends SimpleInstanceEnabler {
        private int tick;

        public Temperature() {
            TIMER.scheduleAtFixedRate(this::step, 1, 1, TimeUnit.SECONDS);
        }

        /** The library calls it first. An instance that a server creates has no id before. */
        @Override
        public void setModel(ObjectModel model) {
            super.setModel(model);
            applyValues(Map.of(5601, 20.0, 5602, 20.0, 5700, 20.0, 5701, "Cel", 5750, "room"));
        }

        private void step() {
            tick = (tick + 1) % 20;
            double value = 20 + 0.5 * (tick <= 10 ? tick : 20 - tick);
            Map<Integer, Object> values = new HashMap<>();
            values.put(5700, value);
            values.put(5601, Math.min(value, (Double) resources.get(5601).getValue()));
            values.put(5602, Math.max(value, (Double) resources.get(5602).getValue()));
            fireResourcesChange(applyValues(values));
        }

        @Override
        public ExecuteResponse execute(LwM2mServer server, int id, Arguments arguments) {
            Map<Integer, Object> values = new HashMap<>();
            values.put(5601, resources.get(5700).getValue());
            values.put(5602, resources.get(5700).getValue());
            fireResourcesChange(applyValues(values));
            return ExecuteResponse.success();
        }
    }
}
