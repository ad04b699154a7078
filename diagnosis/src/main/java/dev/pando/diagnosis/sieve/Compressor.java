package dev.pando.diagnosis.sieve;

import dev.pando.diagnosis.rule.Matches;
import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.text.Clean;
import dev.pando.diagnosis.text.Lines;
import dev.pando.diagnosis.text.Stamp;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.regex.Pattern;

/// Writes what a person must read of logs, however long: lines that rules know or that hold words of alarm, the first
/// lines of each form, and steps whose numbers jump. Routine is dropped and counted, stacks are folded.
///
/// Several logs, for instance one for each rank, are merged on one axis of time; lines without a time stay behind the
/// one before them. The heap holds the forms of lines alone.
public final class Compressor {
    private static final int LONGEST = 400;

    /// Lines of a form that a rule knows, or that alarms, which are written one by one; then each power of two.
    private static final int ALARMS = 8;

    /// Lines of any other form that are written.
    private static final int SAMPLES = 2;

    private static final int STACK_HEAD = 3;
    private static final int ROUTINES = 40;

    private static final Pattern FRAME =
            Pattern.compile(
                    "^\\s*(?:\\[[^\\]]{1,20}\\]:?\\s*)?(?:File \"|at [\\w$.<>]+\\(|frame #\\d+|#\\d+ |\\.\\.\\. \\d+"
                            + " more)|^\\s{4,}\\S");

    private final RuleSet rules;
    private final Sink out;

    /// Where kept lines go.
    public interface Sink {
        /// A line that is worth reading.
        ///
        /// @param log its log's name, or an empty text where there is one log alone
        /// @param number its number, from 1
        /// @param alarming whether a rule knows it, or it holds words of alarm
        void line(String log, long number, String text, boolean alarming);

        /// A remark on what was dropped.
        void note(String text);
    }

    /// What a compression came to.
    ///
    /// @param lines read
    /// @param kept written
    /// @param bytes read, unpacked
    public record Tally(long lines, long kept, long bytes) {}

    /// Writes kept lines with their numbers, and what was dropped behind `#`.
    public Compressor(RuleSet rules, PrintWriter out) {
        this(
                rules,
                new Sink() {
                    @Override
                    public void line(String log, long number, String text, boolean alarming) {
                        out.printf(Locale.ROOT, "%s%9d  %s%n", log, number, text);
                    }

                    @Override
                    public void note(String text) {
                        out.println(text);
                        out.flush();
                    }
                });
    }

    public Compressor(RuleSet rules, Sink out) {
        this.rules = rules;
        this.out = out;
    }

    /// Compresses logs into one text; returns what that came to.
    public Tally compress(List<Path> logs) {
        PriorityQueue<Source> next =
                new PriorityQueue<>(
                        Comparator.comparingDouble(Source::seconds).thenComparingInt(source -> source.index));
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < logs.size(); i++) {
            Source source = new Source(i, logs.get(i), logs.size() > 1);
            sources.add(source);
            if (source.advance()) {
                next.add(source);
            }
        }
        while (!next.isEmpty()) {
            Source first = next.poll();
            double until = next.isEmpty() ? Double.POSITIVE_INFINITY : next.peek().seconds();
            boolean more = true;
            do {
                first.write();
                more = first.advance();
            } while (more && first.seconds() <= until);
            if (more) {
                next.add(first);
            }
        }
        long lines = 0;
        long kept = 0;
        long bytes = 0;
        for (Source source : sources) {
            source.routine();
            lines += source.lines.number();
            kept += source.kept;
            bytes += source.lines.bytesRead();
            source.lines.close();
        }
        out.note("# " + kept + " of " + lines + " lines kept");
        return new Tally(lines, kept, bytes);
    }

    /// One log on its way through the sieve.
    private final class Source {
        private final int index;
        private final Lines lines;
        private final Sieve sieve = new Sieve();
        private final Matches matches = new Matches(rules.rules());
        private final Jumps jumps = new Jumps();
        private final List<String> samples = new ArrayList<>();
        private final List<Integer> sampled = new ArrayList<>();
        private final String name;
        private final boolean timed;
        private double seconds = Double.NEGATIVE_INFINITY;
        private long kept;
        private long stack;
        private String lastFrame = "";
        private long lastFrameLine;

        Source(int index, Path log, boolean named) {
            this.index = index;
            this.lines = Lines.of(log);
            this.name = named ? log.getFileName() + ":" : "";
            this.timed = named;
        }

        double seconds() {
            return seconds;
        }

        boolean advance() {
            if (!lines.advance()) {
                fold();
                return false;
            }
            if (timed) {
                double at = Stamp.seconds(lines.text());
                seconds = Double.isNaN(at) ? seconds : Math.max(seconds, at);
            }
            return true;
        }

        void write() {
            boolean worth = sieve.isWorthReading(lines.bytes(), lines.length(), lines.number());
            boolean jump = sieve.tellsOfSteps() && jumps.isOne(lines.bytes(), lines.length());
            if (!worth && !jump) {
                if (stack == 0 || !frame(lines.text())) {
                    fold();
                }
                return;
            }
            String line = Clean.line(lines.text());
            boolean told = false;
            boolean alarming = false;
            if (worth) {
                told = matches.of(line, List.of(line)).stream().anyMatch(match -> match.rule().active());
                alarming = told || Alarm.isIn(line) || !matches.candidates(line).isEmpty();
                sieve.judged(told, alarming);
                if (sieve.count(sieve.form()) <= SAMPLES && jumps.isStep(lines.bytes(), lines.length())) {
                    sieve.isStep();
                }
            }
            keep(line, told, told || Alarm.isIn(line), jump);
        }

        private void keep(String line, boolean told, boolean alarming, boolean jump) {
            long count = sieve.count(sieve.form());
            if (count == 1 && samples.size() < 10_000) {
                samples.add(Clean.cut(line, 160));
                sampled.add(sieve.form());
            }
            boolean power = Long.bitCount(count) == 1;
            boolean wanted = jump || count <= (alarming ? ALARMS : SAMPLES) || power && alarming;
            if (!told && frame(line)) {
                if (stack > STACK_HEAD) {
                    return;
                }
            } else {
                fold();
            }
            if (wanted) {
                print(lines.number(), line, alarming);
            }
        }

        /// Whether the line is one of a stack, which is counted then.
        private boolean frame(String line) {
            if (!FRAME.matcher(line).find()) {
                return false;
            }
            stack++;
            lastFrame = line;
            lastFrameLine = lines.number();
            return true;
        }

        private void fold() {
            if (stack > STACK_HEAD) {
                if (stack > STACK_HEAD + 1) {
                    out.note(
                            String.format(
                                    Locale.ROOT, "%s%9s  … %d lines of a stack", name, "", stack - STACK_HEAD - 1));
                }
                print(lastFrameLine, lastFrame, false);
            }
            stack = 0;
        }

        private void print(long number, String line, boolean alarming) {
            kept++;
            out.line(name, number, Clean.cut(line, LONGEST), alarming);
        }

        /// What was dropped: the most frequent forms with the number of their lines, the first and the last.
        void routine() {
            List<Integer> frequent = new ArrayList<>();
            for (int i = 0; i < sampled.size(); i++) {
                if (sieve.count(sampled.get(i)) > SAMPLES) {
                    frequent.add(i);
                }
            }
            frequent.sort(
                    Comparator.comparingLong((Integer i) -> -sieve.count(sampled.get(i))).thenComparingInt(i -> i));
            if (!frequent.isEmpty()) {
                out.note("# " + name + "lines of one form: how many, the first, the last, and how such a line reads");
            }
            for (int i : frequent.subList(0, Math.min(ROUTINES, frequent.size()))) {
                int form = sampled.get(i);
                out.note(
                        String.format(
                                Locale.ROOT,
                                "# %9d %9d %9d  %s",
                                sieve.count(form),
                                sieve.firstLine(form),
                                sieve.lastLine(form),
                                samples.get(i)));
            }
        }
    }
}
