package dev.pando.actors.checkpoint;

import dev.pando.actors.liveness.MissedReplies;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/// Decides how often the end of a job tries to write what it came to: a full disk is cleared, a folder comes back, and
/// without this checkpoint the last steps are lost.
///
/// As long as the store is patient with a server that is away; a job that was stopped by hand waits less.
public final class FinalCheckpointRetry {
    private static final long PATIENCE_SECONDS = 180;
    private static final long PATIENCE_OF_ONE_WHO_STOPS_IT_SECONDS = 30;
    private static final int FIRST_PAUSE = 20; // ticks: a second
    private static final int LONGEST_PAUSE = 400;

    private long step = -1;
    private long beginNs;
    private int pause;
    private String told = "";

    /// It is about to be tried.
    public void begins(long position, long nowNs) {
        if (step != position) {
            step = position;
            beginNs = nowNs;
            pause = FIRST_PAUSE;
            told = "";
        }
    }

    /// It was not written.
    ///
    /// @return ticks until it is tried again, empty if it should not be
    public OptionalInt failed(long nowNs, boolean stopping) {
        long left = TimeUnit.SECONDS.toNanos(patienceSeconds(stopping)) - (nowNs - beginNs);
        if (left <= 0) {
            return OptionalInt.empty();
        }
        int next = (int) Math.min(pause, Math.ceilDiv(left, MissedReplies.TICK_NS)); // the last try is the end of it
        pause = Math.min(2 * pause, LONGEST_PAUSE);
        return OptionalInt.of(next);
    }

    private static long patienceSeconds(boolean stopping) {
        return stopping ? PATIENCE_OF_ONE_WHO_STOPS_IT_SECONDS : PATIENCE_SECONDS;
    }

    /// What to tell of a failure that is not the last one: nothing where that has been said.
    public String news(String sentence, boolean stopping) {
        if (sentence.equals(told)) {
            return "";
        }
        told = sentence;
        return sentence + "; it is tried again for " + patienceSeconds(stopping) + " s";
    }
}
