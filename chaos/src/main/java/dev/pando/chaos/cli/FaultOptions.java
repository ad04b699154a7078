package dev.pando.chaos.cli;

import dev.pando.chaos.acme.AcmeModel;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.runtime.settings.UserError;
import java.util.List;
import picocli.CommandLine.Option;

/// What goes wrong: a script, or failures as a datacenter has them.
final class FaultOptions {
    private static final String ACME = "acme";

    @Option(
            names = "--faults",
            required = true,
            paramLabel = "SCRIPT",
            description = {
                "What goes wrong, as in \"kill worker-2 at step 7, hang worker-0 at step 12\"; `pando chaos faults`"
                        + " lists the words.",
                "acme: failures as they were published of a datacenter, see --gpus and --speedup."
            })
    private String faults;

    @Option(
            names = "--gpus",
            paramLabel = "N",
            defaultValue = "2048",
            description = "With acme: GPUs of the job whose failures are imitated; ${DEFAULT-VALUE} if not given.")
    private int gpus;

    @Option(
            names = "--speedup",
            paramLabel = "N",
            defaultValue = "10000",
            description = "With acme: how many times faster than life failures come; ${DEFAULT-VALUE} if not given.")
    private double speedup;

    @Option(
            names = "--step-seconds",
            paramLabel = "S",
            defaultValue = "1",
            description = "With acme: how long a step is taken to last; ${DEFAULT-VALUE} if not given.")
    private double stepSeconds;

    /// @param workers of the largest run
    FaultScript script(long seed, int workers, long steps) {
        if (gpus < 1 || !(speedup > 0) || !(stepSeconds > 0)) {
            throw new UserError("--gpus, --speedup and --step-seconds must be above 0");
        }
        FaultScript script =
                faults.strip().equalsIgnoreCase(ACME)
                        ? new AcmeModel(gpus, speedup, stepSeconds).sample(seed, workers, steps)
                        : FaultScript.parse(faults);
        List<String> refusals = script.refusals();
        if (!refusals.isEmpty()) {
            throw new UserError("faults: " + refusals.getFirst());
        }
        if (script.faults().isEmpty()) {
            throw new UserError("faults: nothing goes wrong in " + steps + " steps; name a fault, or raise --speedup");
        }
        return script;
    }
}
