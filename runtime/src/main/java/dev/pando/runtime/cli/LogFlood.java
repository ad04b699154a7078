package dev.pando.runtime.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import dev.pando.actors.job.Stopwatch;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Marker;

/// Keeps a log readable, and a disk free, where something is said thousands of times a second, as strangers at a port
/// can bring about: of one logger no more than so many lines in a while, and then how many there were.
final class LogFlood extends TurboFilter {
    static final int MOST_LINES = 200;
    static final double SECONDS = 10;

    private static final class Flow {
        long beginNs;
        int lines;
        long left;
    }

    private final Stopwatch stopwatch;
    private final Map<String, Flow> flows = new HashMap<>();

    LogFlood(Stopwatch stopwatch) {
        this.stopwatch = stopwatch;
        setName("flood");
    }

    @Override
    public FilterReply decide(
            Marker marker, Logger logger, Level level, String format, Object[] parameters, Throwable failure) {
        if (format == null
                || level.isGreaterOrEqual(Level.OFF)
                || !level.isGreaterOrEqual(logger.getEffectiveLevel())) {
            return FilterReply.NEUTRAL;
        }
        long left = count(logger.getName());
        if (left < 0) {
            return FilterReply.DENY;
        }
        if (left > 0) {
            logger.getLoggerContext()
                    .getLogger(LogFlood.class)
                    .warn("{} lines of {} were left out here", left, logger.getName());
        }
        return FilterReply.NEUTRAL;
    }

    /// @return -1: one too many; else how many were left out before this one
    private synchronized long count(String logger) {
        Flow flow = flows.computeIfAbsent(logger, name -> new Flow());
        if (flow.lines == 0 || stopwatch.secondsSince(flow.beginNs) > SECONDS) {
            flow.beginNs = stopwatch.nanos();
            flow.lines = 0;
        }
        if (flow.lines == MOST_LINES) {
            flow.left++;
            return -1;
        }
        flow.lines++;
        long left = flow.left;
        flow.left = 0;
        return left;
    }
}
