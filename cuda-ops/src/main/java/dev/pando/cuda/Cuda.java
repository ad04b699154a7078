package dev.pando.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// Looks for GPUs without a word where there are none: no exception, no output, no native library of ours.
public final class Cuda {
    /// The driver's API that our kernels and JCuda are made for; newer ones keep it.
    private static final int LEAST_DRIVER = 12060;

    /// Ampere: the first with bfloat16 on tensor cores.
    private static final int LEAST_CAPABILITY = 80;

    private static final String DRIVER = "libcuda.so.1";
    private static final int CAPABILITY_MAJOR = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    private static final int CAPABILITY_MINOR = 76;
    private static final int NAME_BYTES = 256;

    private Cuda() {}

    /// What a search has found.
    public sealed interface Detection {
        /// At least one GPU that the driver shows.
        ///
        /// @param driver version of its API, as in 13000 for 13.0
        record Found(int driver, List<Gpu> gpus) implements Detection {
            public Found {
                gpus = List.copyOf(gpus);
            }

            /// As people write it.
            public String version() {
                return driver / 1000 + "." + driver % 1000 / 10;
            }

            /// Why training on that GPU would fail; empty if it would not.
            public String obstacle(Gpu gpu) {
                if (driver < LEAST_DRIVER) {
                    return "the driver knows CUDA " + version() + ", and 12.6 is needed: install a newer driver";
                }
                if (gpu.capability() < LEAST_CAPABILITY) {
                    return gpu.name() + " has no bfloat16 tensor cores: Ampere or newer is needed";
                }
                return "";
            }
        }

        /// No GPU, or none that answers.
        ///
        /// @param reason what was looked for and not found
        /// @param advice how to get it
        record Missing(String reason, String advice) implements Detection {}
    }

    /// One GPU as the driver describes it.
    ///
    /// @param ordinal as in `cuda:0`
    /// @param capability ten times the major plus the minor number of its compute capability
    /// @param bytes of its memory
    public record Gpu(int ordinal, String name, int capability, long bytes) {
        /// As in the setting `device`.
        public String device() {
            return "cuda:" + ordinal;
        }
    }

    /// Looks again each time: a driver may come and a GPU may go.
    public static Detection detect() {
        try (Arena arena = Arena.ofConfined()) {
            // for good: a driver that has been started does not expect to be unloaded
            SymbolLookup driver = SymbolLookup.libraryLookup(DRIVER, Arena.global());
            return ask(new Questions(driver, arena));
        } catch (IllegalArgumentException absent) {
            return new Detection.Missing(
                    "no CUDA driver (" + DRIVER + ")",
                    "for an NVIDIA GPU install its driver (Debian: nvidia-driver; containers: --gpus all)");
        } catch (Throwable broken) {
            return new Detection.Missing(
                    "the CUDA driver does not answer: " + broken.getMessage(), "nvidia-smi says more");
        }
    }

    /// The library of matrix products that a GPU would use; kernels of our own do its work where it is missing.
    ///
    /// @return its name and version, or empty
    public static String products() {
        return CublasLibrary.find().map(CublasLibrary.Found::toString).orElse("");
    }

    /// What decides a GPU's bits besides a job's config: its model, and what multiplies matrices on it.
    public static String kind(Gpu gpu) {
        return gpu.name() + " with " + CublasLibrary.find().map(CublasLibrary.Found::name).orElse("our own products");
    }

    private record Questions(SymbolLookup driver, Arena arena) {
        int call(String function, FunctionDescriptor signature, Object... arguments) throws Throwable {
            return (int)
                    Linker.nativeLinker()
                            .downcallHandle(driver.findOrThrow(function), signature)
                            .invokeWithArguments(arguments);
        }

        int integer(String function) throws Throwable {
            MemorySegment out = arena.allocate(JAVA_INT);
            int code = call(function, FunctionDescriptor.of(JAVA_INT, ADDRESS), out);
            return code == 0 ? out.get(JAVA_INT, 0) : 0;
        }

        int attribute(int attribute, int ordinal) throws Throwable {
            MemorySegment out = arena.allocate(JAVA_INT);
            var signature = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
            int code = call("cuDeviceGetAttribute", signature, out, attribute, ordinal);
            return code == 0 ? out.get(JAVA_INT, 0) : 0;
        }
    }

    private static Detection ask(Questions questions) throws Throwable {
        int ready = questions.call("cuInit", FunctionDescriptor.of(JAVA_INT, JAVA_INT), 0);
        int count = ready == 0 ? questions.integer("cuDeviceGetCount") : 0;
        if (count == 0) {
            return new Detection.Missing(
                    "a CUDA driver, but no GPU" + (ready == 0 ? "" : " (cuInit answers " + ready + ")"),
                    "nvidia-smi shows what the driver sees; CUDA_VISIBLE_DEVICES may hide some");
        }
        List<Gpu> gpus = new ArrayList<>();
        for (int ordinal = 0; ordinal < count; ordinal++) {
            MemorySegment name = questions.arena.allocate(NAME_BYTES);
            var signature = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
            int named = questions.call("cuDeviceGetName", signature, name, NAME_BYTES, ordinal);
            MemorySegment bytes = questions.arena.allocate(JAVA_LONG);
            var ask = FunctionDescriptor.of(JAVA_INT, ADDRESS, ValueLayout.JAVA_INT);
            int told = questions.call("cuDeviceTotalMem_v2", ask, bytes, ordinal);
            gpus.add(
                    new Gpu(
                            ordinal,
                            named == 0 ? name.getString(0) : "a GPU without a name",
                            10 * questions.attribute(CAPABILITY_MAJOR, ordinal)
                                    + questions.attribute(CAPABILITY_MINOR, ordinal),
                            told == 0 ? bytes.get(JAVA_LONG, 0) : 0));
        }
        return new Detection.Found(questions.integer("cuDriverGetVersion"), gpus);
    }
}
