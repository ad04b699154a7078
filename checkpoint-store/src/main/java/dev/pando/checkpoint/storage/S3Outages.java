package dev.pando.checkpoint.storage;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// Remembers for how long a server was away and how often it had to be asked again, although every call came through in
/// the end: otherwise no report would mention it.
public final class S3Outages {
    private static final Duration WORTH_TELLING = Duration.ofSeconds(10);

    private static final int MANY = 10;

    private final Duration least;
    private Duration longest = Duration.ZERO;
    private IOException why;
    private IOException lasting;
    private IOException last;
    private int again;

    public S3Outages() {
        this(WORTH_TELLING);
    }

    /// @param least that is worth telling
    public S3Outages(Duration least) {
        this.least = least;
    }

    /// A call has failed, and is made again.
    public synchronized void failing(IOException said) {
        lasting = said;
        last = said;
        again++;
    }

    /// What the server said last, while no call has come through since.
    synchronized Optional<String> lasting() {
        return Optional.ofNullable(lasting).map(IOException::getMessage);
    }

    /// A call came through, which had failed before.
    public synchronized void overcome(Duration lasted, IOException last) {
        lasting = null;
        if (lasted.compareTo(least) >= 0 && lasted.compareTo(longest) > 0) {
            longest = lasted;
            why = last;
        }
    }

    /// The longest since it was last asked for; where none was long, how often the server was asked again, if often.
    synchronized Optional<String> take(String where) {
        Optional<String> sentence = Optional.empty();
        if (why != null) {
            sentence =
                    Optional.of(
                            String.format(
                                    Locale.ROOT,
                                    "%s was away for %d s (%s); nothing is lost",
                                    where,
                                    longest.toSeconds(),
                                    why.getMessage()));
        } else if (again >= MANY) {
            sentence =
                    Optional.of(
                            String.format(
                                    Locale.ROOT,
                                    "%s had to be asked again %d times (%s); nothing is lost",
                                    where,
                                    again,
                                    last.getMessage()));
        }
        if (sentence.isPresent()) {
            longest = Duration.ZERO;
            why = null;
            again = 0;
        }
        return sentence;
    }
}
