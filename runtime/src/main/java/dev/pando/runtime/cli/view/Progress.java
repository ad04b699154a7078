package dev.pando.runtime.cli.view;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.StepCommitted;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.job.Preparation;
import dev.pando.runtime.settings.Settings;
import dev.pando.training.data.Statistics;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.TreeSet;

/// Tells a person how a run goes: one line that is redrawn on a terminal, plain lines now and then in a pipe, and every
/// fault and its end as it happens.
public final class Progress implements Preparation {
    private static final double REDRAW_SECONDS = 0.1;
    private static final int BAR = 20;
    private static final int SKIPPED_SHOWN = 5;
    private static final int MEASURED = 3; // the first steps, uncompiled, say nothing of the rest
    private static final int LAST_LOSSES = 10; // one step's loss is noise

    private final Terminal terminal;
    private final long wanted;
    private final Stopwatch stopwatch;
    private final long beganNs;
    private final Sparkline losses = new Sparkline();
    private final Deque<Double> lastLosses = new ArrayDeque<>();
    private final TreeSet<String> lostSinceCommit = new TreeSet<>();
    private boolean drawn;
    private double shownAt = Double.NEGATIVE_INFINITY;
    private double lostAt;
    private double secondsPerStep;
    private double tokensPerSecond;
    private StepCommitted first;
    private StepCommitted last;
    private double firstLoss = Double.NaN;
    private double lastLoss = Double.NaN;
    private long faults;
    private long steps;

    public Progress(Terminal terminal, Settings settings, Stopwatch stopwatch) {
        this(terminal, settings.steps(), stopwatch);
    }

    /// @param wanted steps
    public Progress(Terminal terminal, long wanted, Stopwatch stopwatch) {
        this.terminal = terminal;
        this.wanted = wanted;
        this.stopwatch = stopwatch;
        this.beganNs = stopwatch.nanos();
    }

    @Override
    public void advanced(Phase phase, long documents, long bytes, long totalBytes) {
        if (terminal.live() && now() - shownAt > REDRAW_SECONDS) {
            draw(
                    String.format(
                            Locale.ROOT, "%s %3d %%", phase.words(), totalBytes == 0 ? 100 : 100 * bytes / totalBytes));
        }
    }

    @Override
    public void waiting(String sentence) {
        if (terminal.live()) {
            draw(sentence);
        } else {
            say(sentence);
        }
    }

    @Override
    public void prepared(Statistics text) {
        say(
                String.format(
                        Locale.ROOT,
                        "text: %s, %s tokens of %.1f bytes%s",
                        Words.counted(text.documents(), "file"),
                        Words.count(text.tokens()),
                        text.bytesPerToken(),
                        text.reused() ? ", cached" : ""));
        text.skipped().stream()
                .limit(SKIPPED_SHOWN)
                .forEach(file -> warn("left out " + file.path() + ": " + file.reason()));
        if (text.skipped().size() > SKIPPED_SHOWN) {
            warn(
                    "left out "
                            + (text.skipped().size() - SKIPPED_SHOWN)
                            + " more, which left-out.txt beside the prepared data names");
        }
    }

    /// A line that stays, above the one that moves.
    public void say(String line) {
        erase();
        terminal.out().println(line);
        terminal.out().flush();
        if (last != null && terminal.live()) {
            draw(line());
        }
    }

    public void happened(JobEvent event) {
        switch (event) {
            case JobEvent.Started started when started.resumed() ->
                    say("going on after " + Words.counted(started.step(), "step"));
            case StepCommitted step -> committed(step);
            case JobEvent.WorkerLost lost -> lost(lost.worker(), lost.step(), "lost " + lost.worker(), lost.evidence());
            case JobEvent.WorkerFellSilent silent ->
                    lost(silent.worker(), silent.step(), silent.worker() + " fell silent", silent.evidence());
            case JobEvent.WorkerJoined joined -> {
                if (last != null || faults > 0) {
                    say(terminal.green("+") + " step " + joined.step() + ": " + joined.worker() + " joined");
                }
            }
            case JobEvent.WorkerLeft left ->
                    say(terminal.green("-") + " step " + left.step() + ": " + left.worker() + " left with its node");
            case JobEvent.WorkerRefused refused -> warn(refused.worker() + " takes no part: " + refused.sentence());
            case JobEvent.WorkerFellBehind slow ->
                    warn(
                            String.format(
                                    Locale.ROOT,
                                    "step %d: %s takes %.1f times as long as the others, and gets less to do",
                                    slow.step(),
                                    slow.worker(),
                                    slow.times()));
            case JobEvent.WorkerKeptUp worker ->
                    say(terminal.green("+") + " step " + worker.step() + ": " + worker.worker() + " keeps up again");
            case JobEvent.StepDropped dropped ->
                    warn("step " + dropped.step() + " dropped, computing it again: " + dropped.reason());
            case JobEvent.StateLoaded loaded -> {
                loaded.damaged().forEach(sentence -> warn("passed over a checkpoint: " + sentence));
                say("the state is that of " + (loaded.step() == 0 ? "" : "checkpoint ") + loaded.checkpoint());
            }
            case JobEvent.CheckpointFailed failed -> warn("after step " + failed.step() + ": " + failed.sentence());
            case JobEvent.Finished _, JobEvent.Stopped _, JobEvent.Failed _ -> erase();
            case JobEvent.SnapshotTaken taken when taken.step() == wanted && last != null && terminal.live() ->
                    draw(line() + "  writing the last checkpoint …");
            case JobEvent.RungTried(var rung, long step, var why) when rung == JobEvent.Rung.SKIP_DATA ->
                    warn("step " + step + " skipped: " + why);
            case JobEvent.Started _, JobEvent.EpochOpened _, JobEvent.ShardsMoved _, JobEvent.RungTried _ -> {}
            case JobEvent.SnapshotTaken _, JobEvent.CheckpointDurable _ -> {}
        }
    }

    /// `300 steps in 2 min 41 s, loss 8.321 to 2.874, 2 faults survived`
    String summary() {
        if (first == null) {
            return "no step in " + Words.duration(now());
        }
        return Words.counted(last.step() + 1 - first.step(), "step")
                + (first.step() == 0 ? "" : " from step " + first.step() + " on")
                + " in "
                + Words.duration(now())
                + learned();
    }

    /// The same for an observer that came later, perhaps after the end, and so does not know how long it took.
    ///
    /// @param committed steps of the job
    public String watched(long committed) {
        return Words.counted(committed, "step") + (Double.isNaN(lastLoss) ? "" : learned());
    }

    private String learned() {
        boolean many = lastLosses.size() == LAST_LOSSES;
        double mean = lastLosses.stream().mapToDouble(loss -> loss).average().orElse(Double.NaN);
        return String.format(Locale.ROOT, ", loss %.3f to %.3f", firstLoss, many ? mean : lastLoss)
                + (many ? " (mean of the last " + LAST_LOSSES + ")" : "")
                + (faults == 0 ? "" : ", " + Words.counted(faults, "fault") + " survived");
    }

    /// Takes the moving line away, so that other text can follow.
    public void erase() {
        if (drawn) {
            terminal.out().print("\r\u001b[K");
            terminal.out().flush();
            drawn = false;
        }
    }

    private void committed(StepCommitted step) {
        boolean recovered = !lostSinceCommit.isEmpty();
        String gone = String.join(", ", lostSinceCommit);
        lostSinceCommit.clear();
        first = first == null ? step : first;
        last = step;
        if (step.seconds() > 0) { // unknown for a step that an earlier leader committed
            steps++;
            double weight = Math.max(0.1, 1.0 / Math.max(1, steps - 1)); // the first step, uncompiled, says little
            secondsPerStep += weight * (step.seconds() - secondsPerStep);
            tokensPerSecond += weight * (step.tokens() / step.seconds() - tokensPerSecond);
        }
        if (!step.wasSkipped()) {
            learned(step);
        }
        if (recovered) {
            say(
                    terminal.green("✓")
                            + " step "
                            + step.step()
                            + ": committed "
                            + Words.duration(now() - lostAt)
                            + " after the loss of "
                            + gone
                            + ", by "
                            + Words.counted(step.workers(), "worker"));
        }
        show(step.step() + 1 == wanted);
    }

    private void learned(StepCommitted step) {
        lastLoss = step.loss();
        firstLoss = Double.isNaN(firstLoss) ? lastLoss : firstLoss;
        losses.add(lastLoss);
        lastLosses.addLast(lastLoss);
        if (lastLosses.size() > LAST_LOSSES) {
            lastLosses.removeFirst();
        }
    }

    private void lost(String worker, long step, String what, String evidence) {
        faults++;
        if (lostSinceCommit.isEmpty()) {
            lostAt = now();
        }
        lostSinceCommit.add(worker);
        say(terminal.red("✗") + " step " + step + ": " + what + ": " + evidence);
    }

    private void warn(String sentence) {
        say(terminal.yellow("!") + " " + sentence);
    }

    private void show(boolean always) {
        double now = now();
        if (terminal.live()) {
            if (always || now - shownAt > REDRAW_SECONDS) {
                draw(line());
            }
        } else if (always || now - shownAt >= Math.clamp(now / 30, 1, 30)) {
            shownAt = now;
            terminal.out().println(plain());
            terminal.out().flush();
        }
    }

    private void draw(String line) {
        shownAt = now();
        drawn = true;
        terminal.out().print("\r\u001b[K" + line + (terminal.coloured() ? "\u001b[0m" : ""));
        terminal.out().flush();
    }

    private String plain() {
        return "step "
                + (last.step() + 1)
                + "/"
                + wanted
                + String.format(Locale.ROOT, "  loss %.3f", lastLoss)
                + before("  ", pace())
                + before("  ", remaining())
                + before("  ", workers())
                + (faults == 0 ? "" : "  " + Words.counted(faults, "fault") + " survived");
    }

    /// Parts in the order of their worth, as many as fit into the window.
    private String line() {
        long done = last.step() + 1;
        int full = (int) (BAR * done / wanted);
        String[] parts = {
            "━".repeat(full) + "─".repeat(BAR - full),
            " ".repeat(digits(wanted) - digits(done)) + done + "/" + wanted,
            String.format(Locale.ROOT, "loss %.3f", lastLoss),
            pace(),
            remaining(),
            workers(),
            faults == 0 ? "" : Words.counted(faults, "fault") + " survived",
            losses.text(16)
        };
        StringBuilder line = new StringBuilder();
        int room = terminal.width() - 1;
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (part.isEmpty() || part.length() + 2 > room) {
                continue;
            }
            room -= part.length() + 2;
            line.append(i == 0 || i == 7 ? terminal.green(part) : i == 1 || i == 4 ? terminal.faint(part) : part)
                    .append("  ");
        }
        return line.toString().stripTrailing();
    }

    private static int digits(long number) {
        return Long.toString(number).length();
    }

    /// What is not known yet is left out, here and below.
    private String pace() {
        return steps == 0 ? "" : Words.count(tokensPerSecond) + " tokens/s";
    }

    private String remaining() {
        return steps < MEASURED ? "" : Words.clock((wanted - last.step() - 1) * secondsPerStep) + " left";
    }

    private String workers() {
        return last.workers() == 0 ? "" : Words.counted(last.workers(), "worker");
    }

    private static String before(String space, String part) {
        return part.isEmpty() ? "" : space + part;
    }

    private double now() {
        return stopwatch.secondsSince(beganNs);
    }
}
