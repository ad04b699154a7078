package dev.pando.runtime.cli;

import dev.pando.evaluation.run.WorkerService;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// A worker process of an evaluation, which `evaluate --nodes` starts; no command for people.
@Command(name = "worker", hidden = true, description = "Answers the trials of an evaluation that started it.")
final class EvaluationWorkerCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL|RUN", description = "The model's directory or the run's folder.")
    private Path place;

    @Option(names = "--name", required = true, description = "By which tables call the model.")
    private String name;

    @Option(names = "--context", required = true, description = "Tokens that a text may have.")
    private int context;

    @Option(names = "--ntk", required = true, description = "Factor of dynamic NTK; 0: none.")
    private double ntk;

    @Option(names = "--weights", required = true, description = "The file of the shared weights.")
    private Path weights;

    @Override
    public Integer call() {
        try (OpenModel model =
                OpenModel.of(
                        new OpenModel.Opening(
                                place, name, Optional.empty(), Optional.of(context), ntk, Optional.of(weights)))) {
            WorkerService.serve(
                    model.model(),
                    new FileInputStream(FileDescriptor.in),
                    new FileOutputStream(FileDescriptor.out),
                    () -> Runtime.getRuntime().halt(0)); // within a trial too, and there is nothing to save
        }
        return 0;
    }
}
