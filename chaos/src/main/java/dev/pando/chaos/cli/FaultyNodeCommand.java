package dev.pando.chaos.cli;

import dev.pando.actors.job.ReplicaFactory;
import dev.pando.chaos.injection.Injection;
import dev.pando.chaos.survival.Suffering;
import dev.pando.runtime.cli.NodeCommand;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A node whose devices fail when they are told to: what `pando chaos run` starts.
@Command(name = "node", hidden = true, description = "Runs a node of a tested run.")
final class FaultyNodeCommand extends NodeCommand {
    @Option(names = "--orders", required = true, paramLabel = "DIR", description = "Where the faults come from.")
    private Path orders;

    @Option(names = "--checkpoints", required = true, paramLabel = "DIR", description = "The job's checkpoints.")
    private Path checkpoints;

    private Injection injection;

    @Override
    protected ReplicaFactory tools(ReplicaFactory sound) {
        if (injection == null) { // once a process, however often it joins
            injection = Suffering.begin(orders, name(), checkpoints);
        }
        return injection.apply(sound);
    }
}
