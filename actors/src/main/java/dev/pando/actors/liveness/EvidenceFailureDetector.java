package dev.pando.actors.liveness;

import com.typesafe.config.Config;
import dev.pando.actors.job.Stopwatch;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.Address;
import org.apache.pekko.event.EventStream;
import org.apache.pekko.remote.FailureDetector;
import org.apache.pekko.remote.FailureDetectorWithAddress;
import org.apache.pekko.remote.PhiAccrualFailureDetector;

/// Lets the cluster believe at once what is known for certain, so that a dead process need not fall silent first: a
/// node of which there is [NodeGone] is unreachable. Of all others the heartbeats tell.
///
/// A cluster removes a node that is down only once it is unreachable, too; and only when it is removed, what it owned
/// starts elsewhere. Made by Pekko, which is told of this class under
/// `pekko.cluster.failure-detector.implementation-class`; one for each node that is watched.
public final class EvidenceFailureDetector implements FailureDetector, FailureDetectorWithAddress {
    private static final int SIGNS_OF_LIFE = 2; // a first one may still have been on its way

    /// Addresses of processes that have ended. Shared by all actor systems of this JVM: an address means one process.
    private static final Set<String> GONE = ConcurrentHashMap.newKeySet();

    /// When each node that is watched was last heard of, by this process's own time.
    private static final Map<String, Long> HEARD_NS = new ConcurrentHashMap<>();

    private static final Stopwatch STOPWATCH = Stopwatch.system();

    private final PhiAccrualFailureDetector heartbeats;
    private volatile String address = "";
    private final AtomicInteger signsOfLife = new AtomicInteger();

    /// @param config the group `pekko.cluster.failure-detector`
    public EvidenceFailureDetector(Config config, EventStream events) {
        this.heartbeats = new PhiAccrualFailureDetector(config, events);
    }

    public static void believe(Address gone) {
        GONE.add(gone.toString());
    }

    /// Whether a node that is watched has sent no heartbeat for so long.
    static boolean isQuiet(String node, Duration duration) {
        Long heardNs = HEARD_NS.get(node);
        return heardNs != null && STOPWATCH.nanos() - heardNs > duration.toNanos();
    }

    /// Another process may have taken the place of a dead one.
    @Override
    public void setAddress(String watched) {
        GONE.remove(watched);
        HEARD_NS.put(watched, STOPWATCH.nanos());
        address = watched;
        heartbeats.setAddress(watched);
    }

    @Override
    public boolean isAvailable() {
        return heartbeats.isAvailable() && !GONE.contains(address);
    }

    @Override
    public boolean isMonitoring() {
        return heartbeats.isMonitoring();
    }

    @Override
    public void heartbeat() {
        heartbeats.heartbeat();
        HEARD_NS.put(address, STOPWATCH.nanos());
        if (GONE.contains(address) && signsOfLife.incrementAndGet() >= SIGNS_OF_LIFE) {
            GONE.remove(address);
            signsOfLife.set(0);
        }
    }
}
