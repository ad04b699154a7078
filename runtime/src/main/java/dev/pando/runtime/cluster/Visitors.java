package dev.pando.runtime.cluster;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.pando.actors.job.Stopwatch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The connections to a node's control port, bounded, so that a flood of them leaves the node what it needs itself, and
/// leaves room for others.
///
/// A connection that has said nothing yet makes room for a new one: the oldest of the address that has most of them.
/// Descriptors that the process needs for itself are never given to visitors.
final class Visitors {
    /// Connections at one time, where the process may open many files.
    private static final int MOST = 1024;

    private static final int FEWEST = 32;

    private enum JobStatusProjection {
        /// Has said nothing yet.
        SILENT,
        /// Has asked, and is answered.
        ASKING,
        /// Is held by another node for as long as both live.
        LIFELINE
    }

    private static final class Visitor {
        final InetAddress from;
        final long sinceNs;
        JobStatusProjection standing = JobStatusProjection.SILENT;
        long writingNs; // 0: nothing is being written to it

        Visitor(InetAddress from, long sinceNs) {
            this.from = from;
            this.sinceNs = sinceNs;
        }
    }

    private final int most;
    private final double silentSeconds;
    private final double writingSeconds;
    private final Stopwatch stopwatch;
    private final Map<Socket, Visitor> visitors = new LinkedHashMap<>(); // the oldest first

    /// @param most at one time
    /// @param silentSeconds for which one may say nothing
    /// @param writingSeconds for which one may read nothing of what it asked for
    Visitors(int most, double silentSeconds, double writingSeconds, Stopwatch stopwatch) {
        this.most = most;
        this.silentSeconds = silentSeconds;
        this.writingSeconds = writingSeconds;
        this.stopwatch = stopwatch;
    }

    /// A quarter of the files that this process may open, so that the rest is left for its own.
    static int affordable() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
            return Math.clamp(unix.getMaxFileDescriptorCount() / 4, FEWEST, MOST);
        }
        return MOST;
    }

    /// Takes one more in, in the place of another where there are too many.
    ///
    /// @return false: there is no room, and it is closed
    synchronized boolean admit(Socket line) {
        if (visitors.size() >= most && !makeRoom()) {
            close(line);
            return false;
        }
        visitors.put(line, new Visitor(line.getInetAddress(), stopwatch.nanos()));
        return true;
    }

    private boolean makeRoom() {
        Map<InetAddress, Integer> counts = new HashMap<>();
        visitors.values().forEach(visitor -> counts.merge(visitor.from, 1, Integer::sum));
        Socket oldest = null;
        for (Map.Entry<Socket, Visitor> one : visitors.entrySet()) {
            boolean crowdsMore =
                    oldest == null || counts.get(one.getValue().from) > counts.get(visitors.get(oldest).from);
            if (one.getValue().standing == JobStatusProjection.SILENT && crowdsMore) {
                oldest = one.getKey();
            }
        }
        if (oldest == null) {
            return false;
        }
        visitors.remove(oldest);
        close(oldest);
        return true;
    }

    /// It has asked. Half of the room is kept for those that have not, and of a half, one address has not all.
    ///
    /// @return whether it may be answered now
    synchronized boolean asks(Socket line) {
        return settle(line, JobStatusProjection.ASKING);
    }

    /// It is another node's lifeline, on which nothing is said.
    synchronized boolean isLifeline(Socket line) {
        return settle(line, JobStatusProjection.LIFELINE);
    }

    private boolean settle(Socket line, JobStatusProjection standing) {
        Visitor visitor = visitors.get(line);
        if (visitor == null) {
            return false;
        }
        if (visitor.standing == JobStatusProjection.SILENT
                && visitors.values().stream().filter(other -> other.standing != JobStatusProjection.SILENT).count()
                        >= most / 2) {
            return false;
        }
        visitor.standing = standing;
        return true;
    }

    /// @param begins whether something is about to be written to it, or has been
    synchronized void writes(Socket line, boolean begins) {
        Visitor visitor = visitors.get(line);
        if (visitor != null) {
            visitor.writingNs = begins ? stopwatch.nanos() : 0;
        }
    }

    synchronized void leaves(Socket line) {
        visitors.remove(line);
    }

    /// Hangs up on all whose time is over.
    synchronized void sweep() {
        List<Socket> over = new ArrayList<>();
        visitors.forEach((line, visitor) -> {
            boolean isSilent =
                    visitor.standing == JobStatusProjection.SILENT
                            && stopwatch.secondsSince(visitor.sinceNs) > silentSeconds;
            boolean reads = visitor.writingNs == 0 || stopwatch.secondsSince(visitor.writingNs) <= writingSeconds;
            if (isSilent || !reads) {
                over.add(line);
            }
        });
        over.forEach(line -> {
            visitors.remove(line);
            close(line);
        });
    }

    /// All leave.
    synchronized void close() {
        visitors.keySet().forEach(Visitors::close);
        visitors.clear();
    }

    private static void close(Socket line) {
        try {
            line.close();
        } catch (IOException gone) {
            // as good as closed
        }
    }
}
