package dev.pando.evaluation.run;

import dev.pando.evaluation.Models;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.training.generation.Sampling;
import dev.pando.training.generation.Scorer;
import dev.pando.training.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/// An evaluation as a process, and its worker processes, for tests that kill them.
final class EvaluationProcess {
    private EvaluationProcess() {}

    /// @param arguments `worker FOLDER`, or `whole FOLDER WORKERS BATCH`
    public static void main(String[] arguments) {
        Path folder = Path.of(arguments[1]);
        try (Arena arena = Arena.ofShared()) {
            LanguageModel model = new Traced(Models.random(arena, 200), folder.resolve("asked"));
            if (arguments[0].equals("worker")) {
                WorkerService.serve(model, System.in, System.out, () -> Runtime.getRuntime().halt(0));
                return;
            }
            Suite suite = suite(folder);
            Workers workers = new Workers.Processes(Integer.parseInt(arguments[2]), command("worker", folder));
            try (Journal journal = Journal.open(folder.resolve("items.jsonl"), List.of(model), suite.tasks())) {
                Suite.Outcome outcome =
                        suite.ask(
                                model,
                                journal,
                                workers,
                                Integer.parseInt(arguments[3]),
                                (item, _, _) -> System.out.println(item.id()));
                journal.finish(outcome.results());
            }
            System.out.println("whole");
        }
    }

    static Suite suite(Path folder) {
        return Suite.prepare(List.of(folder.resolve("tasks.conf").toString()), Optional.empty(), 0);
    }

    /// This JVM's own command line with other arguments.
    static List<String> command(String role, Path folder, String... more) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-agentlib") && !flag.startsWith("-javaagent"))
                .forEach(command::add);
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), EvaluationProcess.class.getName()));
        command.addAll(List.of(role, folder.toString()));
        command.addAll(List.of(more));
        return command;
    }

    /// Leaves a byte in a file for each text that it is asked to score, before it does.
    record Traced(LanguageModel model, Path trace) implements LanguageModel {
        @Override
        public String name() {
            return model.name();
        }

        @Override
        public String id() {
            return model.id();
        }

        @Override
        public Tokenizer tokenizer() {
            return model.tokenizer();
        }

        @Override
        public int context() {
            return model.context();
        }

        @Override
        public Session open(int positions) {
            Session session = model.open(positions);
            return new Session() {
                @Override
                public Scorer.Scored score(int[] tokens, int from) {
                    leave();
                    return session.score(tokens, from);
                }

                @Override
                public int[] generate(int[] prompt, int most, Sampling sampling, IntPredicate more) {
                    leave();
                    return session.generate(prompt, most, sampling, more);
                }

                @Override
                public void close() {
                    session.close();
                }
            };
        }

        private void leave() {
            try {
                Files.write(trace, new byte[] {'.'}, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }
}
