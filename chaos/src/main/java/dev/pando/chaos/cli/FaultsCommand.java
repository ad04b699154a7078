package dev.pando.chaos.cli;

import dev.pando.chaos.faults.Kind;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Says what can go wrong, in the words of fault scripts.
@Command(name = "faults", description = "Lists all kinds of faults: what happens, and what a run should do.")
final class FaultsCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (Kind kind : Kind.values()) {
            out.println(kind.words() + " (injected by: " + kind.injectors() + ")");
            out.println("    " + kind.does());
            out.println("    " + kind.expected());
        }
        out.println();
        out.println(
                "A fault is a kind, a target, and when: kill worker-2 at step 7; hang any in reduce at rate 0.01 per"
                        + " step;");
        out.println(
                "stop worker-0 3s when worker-1 votes. Several are parted by commas. docs/faults.md says all of it.");
        return 0;
    }
}
