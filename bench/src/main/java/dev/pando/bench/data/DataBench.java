package dev.pando.bench.data;

import com.sun.management.OperatingSystemMXBean;
import dev.pando.actors.job.Stopwatch;
import dev.pando.data.prepare.Preparation;
import dev.pando.data.prepare.Prepared;
import dev.pando.data.recipe.Recipe;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Measures what each step of a recipe costs: bytes of text that go in, over CPU seconds of the whole process, so that
/// a busy machine does not count; and wall time for several numbers of workers. All runs must end with the same hash.
@Command(
        name = "bench/data/run",
        sortOptions = false,
        description = "MB/s of CPU time for each step of a recipe; see bench/README.md.")
public final class DataBench implements Runnable {
    private static final double MEGA = 1e6;

    @Parameters(paramLabel = "RECIPE", description = "As ./pando data prepare takes it.")
    private Path recipe;

    @Option(
            names = "--workers",
            paramLabel = "N,…",
            split = ",",
            defaultValue = "1,2",
            description = "Numbers of workers, default ${DEFAULT-VALUE}.")
    private List<Integer> workers;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "2",
            description = "Runs of each; the first warms the JVM. Default ${DEFAULT-VALUE}.")
    private int rounds;

    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final Stopwatch stopwatch = Stopwatch.system();

    private record Used(double cpuSeconds, double seconds) {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new DataBench()).execute(arguments));
    }

    @Override
    public void run() {
        Recipe read = Recipe.load(recipe);
        String hash = null;
        for (int some : workers) {
            for (int round = 1; round <= rounds; round++) {
                try {
                    Path folder = Files.createTempDirectory("data-bench");
                    Recipe fresh =
                            new Recipe(
                                    read.name(),
                                    folder.resolve("out"),
                                    folder.resolve("store"),
                                    read.budget(),
                                    read.sources(),
                                    read.steps(),
                                    read.output());
                    hash = measure(fresh, some, round, hash);
                    delete(folder);
                } catch (IOException e) {
                    throw new IllegalStateException("cannot write to a temporary folder: " + e.getMessage(), e);
                }
            }
        }
    }

    private String measure(Recipe fresh, int some, int round, String hash) {
        Map<String, Used> used = new LinkedHashMap<>();
        long[] at = {system.getProcessCpuTime(), stopwatch.nanos()};
        Prepared corpus =
                new Preparation(
                                fresh,
                                some,
                                (step, done, tasks, _) -> {
                                    if (done == tasks) {
                                        long cpu = system.getProcessCpuTime();
                                        long now = stopwatch.nanos();
                                        used.put(step, new Used((cpu - at[0]) / 1e9, (now - at[1]) / 1e9));
                                        at[0] = cpu;
                                        at[1] = now;
                                    }
                                })
                        .run();
        if (hash != null && !corpus.hash().equals(hash)) {
            throw new IllegalStateException(some + " workers gave " + corpus.hash() + ", others " + hash);
        }
        System.out.printf(Locale.ROOT, "%d workers, round %d%n", some, round);
        corpus.json()
                .path("steps")
                .forEach(step -> line(step.path("step").asText(), step.path("bytes").asLong(), used));
        line(
                "tokens",
                corpus.json().path("steps").path(corpus.json().path("steps").size() - 1).path("kept_bytes").asLong(),
                used);
        double cpu = used.values().stream().mapToDouble(Used::cpuSeconds).sum();
        double wall = used.values().stream().mapToDouble(Used::seconds).sum();
        System.out.printf(
                Locale.ROOT,
                "  all %.2f s of CPU, %.2f s; %s; %d MiB of heap in use%n",
                cpu,
                wall,
                corpus.hash(),
                (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20);
        return corpus.hash();
    }

    private static void line(String step, long bytes, Map<String, Used> used) {
        Used one = used.get(step);
        if (one != null) {
            System.out.printf(
                    Locale.ROOT,
                    "  %-20s %10.2f MB %8.2f s of CPU %10.2f MB/s a core, %8.2f s%n",
                    step,
                    bytes / MEGA,
                    one.cpuSeconds,
                    bytes / MEGA / one.cpuSeconds,
                    one.seconds);
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> files;
        try (var walk = Files.walk(folder)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
