package dev.pando.runtime.cli;

import dev.pando.cuda.Cuda;
import dev.pando.runtime.cli.view.Words;
import dev.pando.training.ops.CpuOps;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Looks at the machine: what training wants, what there is, what to do about the difference.
final class Checkup {
    enum Verdict {
        GOOD,
        /// Works, and could work better.
        FAIR,
        /// Training would fail.
        BAD
    }

    /// @param advice what to do, or empty
    record Finding(String name, Verdict verdict, String found, String advice) {}

    private static final double GIB = 1L << 30;
    private static final Set<String> WANTED = Set.of("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16");

    private Checkup() {}

    static List<Finding> all() {
        return Stream.of(
                        java(),
                        processor(),
                        mathematics(),
                        memory(),
                        shared(Path.of("/dev/shm")),
                        disk(Path.of("")),
                        gpu())
                .toList();
    }

    private static Finding java() {
        int feature = Runtime.version().feature();
        return new Finding(
                "Java",
                feature == 25 ? Verdict.GOOD : Verdict.BAD,
                Runtime.version() + " in " + System.getProperty("java.home"),
                feature == 25 ? "" : "install a JDK 25, for instance Temurin 25");
    }

    private static Finding processor() {
        String info = read(Path.of("/proc/cpuinfo"));
        String model = first(Pattern.compile("model name\\s*:\\s*(.*)"), info);
        // some machines name a flag twice
        Set<String> flags = new TreeSet<>(List.of(first(Pattern.compile("flags\\s*:\\s*(.*)"), info).split(" ")));
        String vectors = flags.stream().filter(WANTED::contains).sorted().collect(Collectors.joining(" "));
        boolean fast = flags.contains("avx2") && flags.contains("fma");
        return new Finding(
                "processor",
                fast || info.isEmpty() ? Verdict.GOOD : Verdict.FAIR,
                (model.isEmpty() ? System.getProperty("os.arch") : model.strip())
                        + ", "
                        + Words.counted(Runtime.getRuntime().availableProcessors(), "core")
                        + (vectors.isEmpty() ? "" : ", " + vectors),
                fast || info.isEmpty() ? "" : "a processor with AVX2 and FMA trains several times as fast");
    }

    private static Finding mathematics() {
        try {
            return new Finding("OpenBLAS", Verdict.GOOD, CpuOps.library(), "");
        } catch (RuntimeException | LinkageError broken) {
            return new Finding(
                    "OpenBLAS",
                    Verdict.BAD,
                    String.valueOf(broken.getMessage()),
                    "Pando carries OpenBLAS for Linux on x86-64");
        }
    }

    private static Finding memory() {
        String info = read(Path.of("/proc/meminfo"));
        double total = kibibytes("MemTotal", info);
        double available = kibibytes("MemAvailable", info);
        double heap = Runtime.getRuntime().maxMemory();
        boolean enough = info.isEmpty() || available > 2 * GIB;
        return new Finding(
                "memory",
                enough ? Verdict.GOOD : Verdict.FAIR,
                (info.isEmpty() ? "" : gib(available) + " free of " + gib(total) + ", ")
                        + "heap up to "
                        + gib(heap)
                        + ", weights and gradients lie beside it",
                enough ? "" : "the quickstart takes about 1 GiB; make room, or lower batch.shards and model.hidden");
    }

    /// Gradient spans lie there, where all workers of a host can reduce them in place.
    private static Finding shared(Path folder) {
        try {
            double free = Files.getFileStore(folder).getUsableSpace();
            boolean enough = free > GIB / 2;
            return new Finding(
                    "shared mem.",
                    enough ? Verdict.GOOD : Verdict.FAIR,
                    gib(free) + " free in " + folder,
                    enough
                            ? ""
                            : "make "
                                    + folder
                                    + " larger: mount -o remount,size=2g "
                                    + folder
                                    + ", or docker run --shm-size=2g");
        } catch (IOException missing) {
            return new Finding("shared mem.", Verdict.FAIR, "no " + folder, "workers of one process train without it");
        }
    }

    private static Finding disk(Path folder) {
        try {
            FileStore store = Files.getFileStore(folder.toAbsolutePath());
            boolean enough = store.getUsableSpace() > 2 * GIB;
            boolean writable = Files.isWritable(folder.toAbsolutePath());
            return new Finding(
                    "disk",
                    !writable ? Verdict.BAD : enough ? Verdict.GOOD : Verdict.FAIR,
                    gib(store.getUsableSpace()) + " free here, on " + store.type() + (writable ? "" : ", not writable"),
                    !writable
                            ? "run where you may write, or give --out and --set data.prepared=DIR"
                            : enough ? "" : "a checkpoint takes 12 bytes a parameter, three are kept");
        } catch (IOException unknown) {
            return new Finding("disk", Verdict.FAIR, "cannot say: " + unknown.getMessage(), "");
        }
    }

    private static Finding gpu() {
        return switch (Cuda.detect()) {
            case Cuda.Detection.Missing missing ->
                    new Finding("GPU", Verdict.GOOD, missing.reason() + "; device = auto means cpu", missing.advice());
            case Cuda.Detection.Found found -> {
                String products = Cuda.products();
                String obstacle =
                        found.gpus().stream()
                                .map(found::obstacle)
                                .filter(reason -> !reason.isEmpty())
                                .collect(Collectors.joining("; "));
                yield new Finding(
                        "GPU",
                        obstacle.isEmpty() && !products.isEmpty() ? Verdict.GOOD : Verdict.FAIR,
                        found.gpus().stream()
                                        .map(gpu -> gpu.device() + " " + gpu.name() + " with " + gib(gpu.bytes()))
                                        .collect(Collectors.joining(", "))
                                + ", CUDA "
                                + found.version()
                                + ", "
                                + (products.isEmpty() ? "no cuBLASLt" : products),
                        !obstacle.isEmpty()
                                ? obstacle
                                : products.isEmpty()
                                        ? "matrix products are several times as fast with cuBLASLt: install the CUDA"
                                                + " toolkit, or pip install nvidia-cublas"
                                        : "device = auto means cpu; set it to cuda:0, and bench/gpu/run says first"
                                                + " whether this one computes what it should");
            }
        };
    }

    private static double kibibytes(String key, String info) {
        String value = first(Pattern.compile(key + ":\\s*(\\d+) kB"), info);
        return value.isEmpty() ? 0 : Double.parseDouble(value) * 1024;
    }

    private static String gib(double bytes) {
        return String.format(java.util.Locale.ROOT, "%.1f GiB", bytes / GIB);
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException absent) {
            return "";
        }
    }
}
