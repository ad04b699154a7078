package dev.pando.training.ops;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/// Single-threaded float32 matrix products of OpenBLAS, called without an allocation.
///
/// The kernels are chosen by vector width alone. The library would ask its list of known processors, where one that is
/// newer than the list gets the kernels of an old one, and the environment that the process was started in. Either
/// could give two workers on equal machines different bits.
final class Blas {
    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;
    private static final MethodHandle SGEMM = load();

    private Blas() {}

    /// `c[m, n] = alpha a[m, k] b[k, n] + beta c`.
    static void nn(int m, int n, int k, float alpha, long a, int lda, long b, int ldb, float beta, long c, int ldc) {
        product(PLAIN, PLAIN, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    }

    /// `c[m, n] = alpha a[m, k] b[n, k]^T + beta c`.
    static void nt(int m, int n, int k, float alpha, long a, int lda, long b, int ldb, float beta, long c, int ldc) {
        product(PLAIN, TRANSPOSED, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    }

    /// `c[m, n] = alpha a[k, m]^T b[k, n] + beta c`.
    static void tn(int m, int n, int k, float alpha, long a, int lda, long b, int ldb, float beta, long c, int ldc) {
        product(TRANSPOSED, PLAIN, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    }

    private static void product(
            int transA,
            int transB,
            int m,
            int n,
            int k,
            float alpha,
            long a,
            int lda,
            long b,
            int ldb,
            float beta,
            long c,
            int ldc) {
        try {
            SGEMM.invokeExact(ROW_MAJOR, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        } catch (Throwable impossible) {
            throw new AssertionError("a matrix product threw", impossible);
        }
    }

    /// What the loaded library says of itself: its version, and the kernels that it has chosen.
    static String library() {
        try {
            MethodHandle config =
                    Linker.nativeLinker()
                            .downcallHandle(
                                    open().findOrThrow("openblas_get_config"),
                                    FunctionDescriptor.of(ValueLayout.ADDRESS));
            return ((MemorySegment) config.invokeExact()).reinterpret(1 << 10).getString(0).strip();
        } catch (Throwable failure) {
            throw new IllegalStateException("OpenBLAS cannot be loaded: " + failure.getMessage(), failure);
        }
    }

    private static SymbolLookup open() {
        Path bridge = Path.of(Loader.load(openblas_nolapack.class));
        return SymbolLookup.libraryLookup(bridge.resolveSibling("libopenblas_nolapack.so.0"), Arena.global());
    }

    private static MethodHandle load() {
        Linker linker = Linker.nativeLinker();
        try {
            set(linker, "OPENBLAS_CORETYPE", Floats.LANES >= 16 ? "SkylakeX" : "Haswell");
            set(linker, "OPENBLAS_L2_SIZE", ""); // as the kernels have it: it would decide how products are blocked
            set(linker, "OPENBLAS_NUM_THREADS", "1");
            Path bridge = Path.of(Loader.load(openblas_nolapack.class));
            SymbolLookup library =
                    SymbolLookup.libraryLookup(bridge.resolveSibling("libopenblas_nolapack.so.0"), Arena.global());
            MethodHandle threads =
                    linker.downcallHandle(
                            library.findOrThrow("openblas_set_num_threads"),
                            FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
            threads.invokeExact(1);
            // addresses travel as longs: a segment for each call would be garbage
            return linker.downcallHandle(
                    library.findOrThrow("cblas_sgemm"),
                    FunctionDescriptor.ofVoid(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_FLOAT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_FLOAT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT));
        } catch (Throwable failure) {
            throw new IllegalStateException("OpenBLAS cannot be loaded: " + failure.getMessage(), failure);
        }
    }

    /// Sets a variable of this process's environment, which OpenBLAS reads when it is loaded.
    private static void set(Linker linker, String name, String value) throws Throwable {
        MethodHandle setenv =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("setenv"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(name);
            MemorySegment text = arena.allocateFrom(value);
            int failed = (int) setenv.invokeExact(key, text, 1);
            if (failed != 0) {
                throw new IllegalStateException("the environment variable " + name + " cannot be set");
            }
        }
    }
}
