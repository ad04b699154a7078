package dev.pando.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/// Processor time of this JVM: on a machine that others use as well, it tells more than the clock.
public final class Processor {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private Processor() {}

    /// Used so far, on all cores together, the compiler's and the collector's included.
    public static Duration time() {
        return Duration.ofNanos(SYSTEM.getProcessCpuTime());
    }
}
