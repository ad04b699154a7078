package dev.pando.cuda;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/// Turns a sequence of calls that comes again into one request: the first time it is run as it is, which takes all the
/// room and makes all the plans that a recording could not; the second time it is recorded; from then on played. Where
/// the system locks no pages it is run as it is each time, since what is copied from other memory cannot be recorded.
final class GraphCache {
    private static final int MOST = 64;

    private static final class Repeated {
        Optional<Device.Recording> recording = Optional.empty();
    }

    private final Device device;
    private final Bfloat16Cache rounded;
    private final PageLocked hosts;
    private final Map<Object, Repeated> repeated = new IdentityHashMap<>();

    GraphCache(Device device, Bfloat16Cache rounded, PageLocked hosts) {
        this.device = device;
        this.rounded = rounded;
        this.hosts = hosts;
    }

    void repeat(Object key, Runnable calls) {
        rounded.refreshWeights();
        rounded.forget(); // so that a recording rounds all that it needs itself
        Repeated known = repeated.get(key);
        if (!hosts.allLocked()) {
            calls.run();
        } else if (known == null) {
            if (repeated.size() == MOST) {
                forget();
            }
            calls.run();
            repeated.put(key, new Repeated()); // only what has gone well once is recorded
        } else {
            if (known.recording.isEmpty()) {
                known.recording = Optional.of(device.record(calls));
            }
            device.play(known.recording.get());
        }
        rounded.forget();
    }

    private void forget() {
        repeated.values().forEach(known -> known.recording.ifPresent(device::forget));
        repeated.clear();
    }
}
