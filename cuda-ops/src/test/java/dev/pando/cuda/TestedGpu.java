package dev.pando.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.cuda.Cuda.Detection;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The GPU that tests run on: the machine's, or, where it has none but a C++ compiler, an emulated driver that runs our
/// kernels on the processor; or the tests are skipped, and say so.
final class TestedGpu {
    enum Kind {
        REAL,
        EMULATED,
        NONE
    }

    private static final Path FOLDER = Path.of("target/emulator").toAbsolutePath();
    private static final Path DRIVER = FOLDER.resolve("libcuda.so.1");
    private static final Path SOURCES = Path.of("src/test/cuda");
    private static final Path KERNELS = Path.of("src/main/cuda");
    private static final Kind KIND = find();

    private TestedGpu() {}

    static Kind kind() {
        return KIND;
    }

    /// Skips the test where there is nothing to run it on.
    static void require() {
        assumeTrue(KIND != Kind.NONE, "skipped: neither a GPU nor a g++ for an emulated one");
    }

    /// Operators with cuBLASLt, or with a library that computes as it would.
    static CudaOps openWithLibrary() {
        return KIND == Kind.REAL ? CudaOps.open(0) : CudaOps.open(0, Optional.of(Products.LIBRARY.toString()));
    }

    /// Compiled when it is first asked for.
    private static final class Products {
        static final Path LIBRARY = FOLDER.resolve("libcublasLt.so.13");

        static {
            compile(LIBRARY, SOURCES.resolve("cublas.cpp"), DRIVER);
        }
    }

    /// Lets a kernel of the emulated GPU end with an error from now on; an empty name ends that.
    static void breakKernel(String kernel, int code) {
        assumeTrue(KIND == Kind.EMULATED, "skipped: no emulated GPU");
        try (Arena arena = Arena.ofConfined()) {
            invoke("emulatedFault", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT), arena.allocateFrom(kernel), code);
        }
    }

    /// Gives the emulated GPU that much memory.
    static void room(long bytes) {
        assumeTrue(KIND == Kind.EMULATED, "skipped: no emulated GPU");
        invoke("emulatedRoom", FunctionDescriptor.ofVoid(JAVA_LONG), bytes);
    }

    /// Whether the emulated system page-locks memory.
    static void locking(boolean allowed) {
        assumeTrue(KIND == Kind.EMULATED, "skipped: no emulated GPU");
        invoke("emulatedLocking", FunctionDescriptor.ofVoid(JAVA_INT), allowed ? 1 : 0);
    }

    /// How often the emulated driver was asked for memory, and gave it.
    static long allocations() {
        assumeTrue(KIND == Kind.EMULATED, "skipped: no emulated GPU");
        return (long) invoke("emulatedAllocations", FunctionDescriptor.of(JAVA_LONG));
    }

    /// The most bytes that the emulated GPU has given away at a time since this was last asked.
    static long peak() {
        assumeTrue(KIND == Kind.EMULATED, "skipped: no emulated GPU");
        long peak = (long) invoke("emulatedPeak", FunctionDescriptor.of(JAVA_LONG));
        invoke("emulatedForgetPeak", FunctionDescriptor.ofVoid());
        return peak;
    }

    private static Object invoke(String function, FunctionDescriptor signature, Object... arguments) {
        try {
            return Linker.nativeLinker()
                    .downcallHandle(SymbolLookup.loaderLookup().findOrThrow(function), signature)
                    .invokeWithArguments(arguments);
        } catch (Throwable failure) {
            throw new IllegalStateException(function, failure);
        }
    }

    private static Kind find() {
        if (Cuda.detect() instanceof Detection.Found) {
            return Kind.REAL;
        }
        if (!System.getProperty("os.arch").equals("amd64")
                || !Files.isDirectory(SOURCES)
                || !compile(DRIVER, SOURCES.resolve("emulator.cpp"), SOURCES.resolve("driver.cpp"))) {
            return Kind.NONE;
        }
        System.load(DRIVER.toString()); // from now on the linker knows it by its name
        return Kind.EMULATED;
    }

    /// @return whether there is a compiler
    private static boolean compile(Path library, Path... sources) {
        List<String> command =
                new ArrayList<>(List.of("g++", "-std=c++17", "-O2", "-shared", "-fPIC", "-DPANDO_EMULATOR"));
        command.addAll(List.of("-I" + KERNELS, "-I" + SOURCES, "-Wl,-soname," + library.getFileName()));
        Stream.of(sources).map(Path::toString).forEach(command::add);
        command.addAll(List.of("-o", library.toString()));
        try {
            Files.createDirectories(FOLDER);
            Process compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!compiler.waitFor(2, TimeUnit.MINUTES) || compiler.exitValue() != 0) {
                throw new IllegalStateException(library.getFileName() + " does not compile:\n" + said);
            }
            return true;
        } catch (IOException noCompiler) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while compiling " + library, interrupted);
        }
    }
}
