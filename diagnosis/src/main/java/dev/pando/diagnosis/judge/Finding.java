package dev.pando.diagnosis.judge;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.text.Origin;
import java.util.TreeSet;

/// One sign of a cause, with where it stood: what the judge weighs. Its marks grow while the log is read on.
final class Finding {
    /// How it stands to another exception of the same chain.
    enum Chain {
        NONE,
        /// An exception that a later one was raised from: "The above exception was the direct cause".
        CAUSE,
        /// An exception in whose handling a later one was raised.
        HANDLED,
        /// The later one.
        CONSEQUENCE
    }

    final String sign;
    final Reason reason;
    final Action action;
    final double level;
    final String says;
    final String file;
    final long line;
    final String text;
    final Origin origin;
    final String node;
    final TreeSet<String> origins = new TreeSet<>();
    Chain chain = Chain.NONE;
    boolean isAdvice;
    boolean yields;
    boolean isTeardown;
    boolean isWarning;
    boolean endsTraceback;
    String place = "";
    double seconds;
    long times = 1;
    long lastLine;
    long stepsBefore;
    long stepsAfter;

    Finding(
            String sign,
            Reason reason,
            Action action,
            double level,
            String says,
            String file,
            long line,
            String text,
            Origin origin,
            String node) {
        this.sign = sign;
        this.reason = reason;
        this.action = action;
        this.level = level;
        this.says = says;
        this.file = file;
        this.line = line;
        this.text = text;
        this.origin = origin;
        this.node = node;
        this.lastLine = line;
        origins.add(origin.name());
    }
}
