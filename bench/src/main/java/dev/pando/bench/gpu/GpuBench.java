package dev.pando.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.pando.bench.Spread;
import dev.pando.bench.gpu.GpuKernels.Timing;
import dev.pando.bench.gpu.GpuRuns.Run;
import dev.pando.cuda.Cuda;
import dev.pando.cuda.Cuda.Detection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What a GPU computes and how fast, for `bench/gpu/run`: losses beside the CPU's, the same bits twice, kernels, steps.
@Command(
        name = "bench/gpu/run",
        sortOptions = false,
        description = "Trains on a GPU beside the CPU and PyTorch, times kernels and steps; see cuda-ops/README.md.")
public final class GpuBench implements Runnable {
    private static final double GIB = 1L << 30;
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /// Weights near 0.02 rounded to 9 bits move a loss near 8 by less; updates of 3e-4 keep it so.
    private static final double LOSS_BOUND = 0.02;

    @Option(names = "--quick", description = "Toy sizes: shows that everything runs, and no speed.")
    private boolean quick;

    @Option(names = "--ordinal", defaultValue = "0", description = "Which GPU, default ${DEFAULT-VALUE}.")
    private int ordinal;

    @Option(names = "--peak-tflops", defaultValue = "989", description = "The card's dense bfloat16 peak, for the MFU.")
    private double peak;

    @Option(names = "--python", defaultValue = "python3", description = "An interpreter that may have PyTorch.")
    private String python;

    @Option(names = "--torch", paramLabel = "FILE", description = "The peer's script; without it there is no peer.")
    private Path torch;

    @Option(names = "--json", defaultValue = "gpu.json", description = "Receives everything, default ${DEFAULT-VALUE}.")
    private Path json;

    @Option(names = "--probe", hidden = true, description = "Looks for the GPU, and does no more.")
    private boolean probe;

    @Option(names = "--help", usageHelp = true, description = "Shows this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    private final Map<String, Object> report = new LinkedHashMap<>();
    private final List<String> table = new ArrayList<>();
    private boolean passed = true;

    /// For `bench/gpu/run`.
    public static void main(String[] arguments) {
        GpuBench bench = new GpuBench();
        int code = new CommandLine(bench).execute(arguments);
        System.exit(code != 0 ? code : bench.passed ? 0 : 1);
    }

    @Override
    public void run() {
        switch (Cuda.detect()) {
            case Detection.Missing missing -> {
                System.out.println("No GPU: there is " + missing.reason() + "; " + missing.advice() + ".");
                passed = false;
            }
            case Detection.Found found -> {
                String obstacle =
                        ordinal < found.gpus().size()
                                ? found.obstacle(found.gpus().get(ordinal))
                                : "the last GPU is cuda:" + (found.gpus().size() - 1);
                if (!obstacle.isEmpty()) {
                    System.out.println("No GPU that could train: " + obstacle + ".");
                    passed = false;
                } else if (!probe) {
                    measure(found);
                }
            }
        }
    }

    private void measure(Detection.Found found) {
        Cuda.Gpu gpu = found.gpus().get(ordinal);
        String products = Cuda.products();
        report.put("gpu", gpu.name());
        report.put("cuda", found.version());
        report.put("products", products);
        report.put("quick", quick);
        table.add(gpu.name() + ", CUDA " + found.version() + ", " + (products.isEmpty() ? "no cuBLASLt" : products));
        try {
            losses(quick ? GpuWork.TINY : GpuWork.S, quick ? 2 : 10);
            twice(quick ? GpuWork.TINY : GpuWork.S, quick ? 3 : 200);
            kernels(quick ? GpuWork.TINY : GpuWork.L);
            for (GpuWork work : quick ? List.of(GpuWork.TINY) : List.of(GpuWork.M, GpuWork.L)) {
                steps(work);
            }
        } finally {
            report.put("passed", passed);
            write();
            table.forEach(System.out::println);
        }
    }

    private void losses(GpuWork work, int steps) {
        say("losses beside the CPU's, config " + work.name());
        Run cpu = GpuRuns.onCpu(work, steps);
        Run gpu = GpuRuns.onGpu(work, ordinal, steps, false);
        for (int step = 0; step < steps; step++) {
            say(
                    String.format(
                            Locale.ROOT,
                            "  step %d: GPU %.5f, CPU %.5f",
                            step,
                            gpu.losses()[step],
                            cpu.losses()[step]));
        }
        double distance = GpuRuns.distance(gpu, cpu);
        verdict("losses within " + LOSS_BOUND + " of the CPU's over " + steps + " steps", distance <= LOSS_BOUND);
        report.put("losses", Map.of("gpu", gpu.losses(), "cpu", cpu.losses(), "distance", distance));
    }

    private void twice(GpuWork work, int steps) {
        say("the same run twice, config " + work.name() + ", " + steps + " steps");
        Run one = GpuRuns.onGpu(work, ordinal, steps, true);
        Run two = GpuRuns.onGpu(work, ordinal, steps, true);
        verdict("two runs of " + steps + " steps have one hash", one.hash().equals(two.hash()));
        report.put("hashes", List.of(one.hash(), two.hash()));
    }

    private void kernels(GpuWork work) {
        say("kernels at the sizes of config " + work.name());
        try (GpuKernels kernels = new GpuKernels(work, ordinal)) {
            List<Timing> timings = kernels.run(quick ? 64 : 8192, quick ? 1 << 16 : 1L << 30);
            List<Map<String, Object>> lines = new ArrayList<>();
            for (Timing timing : timings) {
                lines.add(
                        Map.of(
                                "kernel", timing.name(),
                                "seconds", timing.seconds(),
                                "rate", timing.rate(),
                                "unit", timing.unit(),
                                "share", timing.share()));
                table.add(
                        String.format(
                                Locale.ROOT,
                                "  %-28s %10.3f ms %10.2f %-8s %4.0f %%",
                                timing.name(),
                                timing.seconds() * 1e3,
                                timing.rate(),
                                timing.unit(),
                                100 * timing.share()));
            }
            report.put("kernels", lines);
        }
    }

    private void steps(GpuWork work) {
        int warmUp = 3;
        int counted = quick ? 2 : 15;
        say("steps of config " + work.name());
        Run run = GpuRuns.onGpu(work, ordinal, warmUp + counted, false);
        double seconds = Spread.median(Arrays.copyOfRange(run.seconds(), warmUp, warmUp + counted));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("tokens_per_second", work.tokens() / seconds);
        result.put("mfu", work.flops() / seconds / peak / 1e12);
        result.put("seconds", run.seconds());
        result.put("bytes", run.bytes());
        result.put("bytes_predicted", run.predicted());
        result.put("bytes_used_on_the_card", run.used());
        StringBuilder line =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "  step %s: %,.0f tokens/s, MFU %.1f %% of %.0f TFLOP/s, %.1f GiB (predicted %.1f; the"
                                        + " card says %.1f)",
                                work.name(),
                                work.tokens() / seconds,
                                100 * work.flops() / seconds / peak / 1e12,
                                peak,
                                run.bytes() / GIB,
                                run.predicted() / GIB,
                                run.used() / GIB));
        for (boolean compiled : new boolean[] {false, true}) {
            peer(work, compiled)
                    .ifPresent(peer -> {
                        double theirs = peer.get("tokens_per_second").asDouble();
                        result.put(compiled ? "torch_compile" : "torch_eager", peer);
                        line.append(
                                String.format(
                                        Locale.ROOT,
                                        "; %.2f of PyTorch %s",
                                        work.tokens() / seconds / theirs,
                                        compiled ? "compiled" : "eager"));
                    });
        }
        table.add(line.toString());
        report.put("step " + work.name(), result);
    }

    /// The same step in PyTorch on the same card; empty where no PyTorch sees it.
    private Optional<JsonNode> peer(GpuWork work, boolean compiled) {
        if (torch == null || quick) {
            return Optional.empty();
        }
        try {
            List<String> command = new ArrayList<>(List.of(python, torch.toString(), JSON.writeValueAsString(work)));
            if (compiled) {
                command.add("--compile");
            }
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            String[] lines = said.strip().split("\n");
            return lines[lines.length - 1].startsWith("{")
                    ? Optional.of(JSON.readTree(lines[lines.length - 1]))
                    : Optional.empty();
        } catch (IOException none) {
            return Optional.empty();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private void verdict(String what, boolean holds) {
        passed &= holds;
        table.add("  " + (holds ? "yes  " : "NO   ") + what);
    }

    private void write() {
        try {
            Files.writeString(json, JSON.writeValueAsString(report) + "\n");
        } catch (IOException failed) {
            System.err.println(json + " cannot be written: " + failed.getMessage());
        }
    }

    private static void say(String sentence) {
        System.out.println(sentence);
    }
}
