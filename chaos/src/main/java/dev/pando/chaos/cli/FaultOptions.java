package dev.pando.chaos.cli;

import dev.pando.chaos.acme.AcmeModel;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.runtime.settings.UserError;
import java.util.List;
import java.util.Optional;
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
                "acme: failures at the rates published for a datacenter, see --gpus and --speedup."
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
            description =
                    "With acme: how many times faster than in reality failures come; ${DEFAULT-VALUE} if not given.")
    private double speedup;

    @Option(
            names = "--step-seconds",
            paramLabel = "S",
            defaultValue = "1",
            description = "With acme: assumed seconds of a step; ${DEFAULT-VALUE} if not given.")
    private double stepSeconds;

    void check() {
        if (gpus < 1 || !(speedup > 0) || !(stepSeconds > 0)) {
            throw new UserError("--gpus, --speedup and --step-seconds must be above 0");
        }
        acme(1).ifPresentOrElse(model -> {}, this::written);
    }

    /// The model, where the faults are to be those of a datacenter.
    Optional<AcmeModel> acme(double secondsPerStep) {
        return faults.strip().equalsIgnoreCase(ACME)
                ? Optional.of(new AcmeModel(gpus, speedup, secondsPerStep))
                : Optional.empty();
    }

    /// The script as it was given.
    FaultScript written() {
        return FaultScript.parse(faults);
    }

    /// @param workers of the largest run
    FaultScript script(long seed, int workers, long steps) {
        check();
        FaultScript script =
                acme(stepSeconds).map(model -> model.sample(seed, workers, steps)).orElseGet(this::written);
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
