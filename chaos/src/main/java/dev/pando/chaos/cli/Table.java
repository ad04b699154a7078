package dev.pando.chaos.cli;

import dev.pando.chaos.verify.Run;
import dev.pando.runtime.job.JobResult;
import java.util.Locale;

/// What a verification prints, a line a run.
final class Table {
    private static final String COLUMNS = "%-12s %7s  %-9s %7s %9s  %s";
    private static final int SHORT_HASH = 19;

    private Table() {}

    static String head() {
        return String.format(Locale.ROOT, COLUMNS, "run", "workers", "faults", "epochs", "seconds", "hash");
    }

    static String line(Run run) {
        int meant = run.script().faults().size();
        String faults = meant == 0 ? "none" : meant - run.neverFired().size() + " of " + meant;
        boolean finished = run.result() instanceof JobResult.Finished;
        return String.format(
                Locale.ROOT,
                COLUMNS,
                run.name().replaceAll("-\\d+$", ""),
                run.workers(),
                faults,
                run.epochs(),
                String.format(Locale.ROOT, "%.1f", run.seconds()),
                finished ? run.hash().substring(0, SHORT_HASH) + "…" : run.hash());
    }
}
