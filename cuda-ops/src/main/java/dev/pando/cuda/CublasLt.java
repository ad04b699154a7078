package dev.pando.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.pando.cuda.CudaException.CallFailed;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.Map;

/// Matrix products by NVIDIA's library: bfloat16 in, float32 sums, float32 out.
///
/// Called through the FFM API, because bindings that are linked to one version of the library load with no other, and
/// all versions since 12 have these functions alike. Plans are made once for each shape.
final class CublasLt implements MatrixProducts.Multiplier {
    /// What NVIDIA recommends for Hopper.
    static final long WORKSPACE = 32L << 20;

    private static final int COMPUTE_32F = 68;
    private static final int R_32F = 0;
    private static final int R_16BF = 14;
    private static final int DESCRIPTION_TRANSPOSE_A = 3;
    private static final int DESCRIPTION_TRANSPOSE_B = 4;
    private static final int PREFERENCE_WORKSPACE = 1;
    private static final int[] PREFERENCE_ALIGNMENTS = {5, 6, 7, 8}; // of a, b, c and what is written
    private static final int MOST_ALIGNMENT = 256;
    private static final long ALGORITHM_BYTES = 64;
    private static final long RESULT_STATE = 72;
    private static final long RESULT_BYTES = 96; // algorithm, workspace, state, waves, 4 reserved words

    /// A product in the library's terms: column-major, `c = op(a) op(b)` or added to c, c of m x n.
    ///
    /// @param a leading dimension; likewise b and c
    record Shape(boolean transposeA, boolean transposeB, int m, int n, int k, int a, int b, int c, boolean add) {}

    /// @param alignment of all three matrices, in bytes
    private record Key(Shape shape, int alignment) {}

    private record Plan(
            MemorySegment description, MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment algorithm) {}

    private final Arena arena = Arena.ofShared();
    private final SymbolLookup library;
    private final String name;
    private final MemorySegment handle;
    private final MemorySegment one;
    private final MemorySegment zero;
    private final MethodHandle multiply;
    private final MethodHandle heuristic;
    private final Map<Key, Plan> plans = new HashMap<>();

    /// @param file as the linker takes it: a path or a soname
    /// @throws IllegalArgumentException if it cannot be loaded
    /// @throws java.util.NoSuchElementException if it is another library
    CublasLt(String file) {
        library = load(file);
        name = version(library);
        multiply =
                bind(
                        "cublasLtMatmul",
                        FunctionDescriptor.of(
                                JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS,
                                JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        heuristic =
                bind(
                        "cublasLtMatmulAlgoGetHeuristic",
                        FunctionDescriptor.of(
                                JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT,
                                ADDRESS, ADDRESS));
        MemorySegment out = arena.allocate(ADDRESS);
        check((int) invoke(bind("cublasLtCreate", FunctionDescriptor.of(JAVA_INT, ADDRESS)), out), "start");
        handle = out.get(ADDRESS, 0);
        one = arena.allocateFrom(JAVA_FLOAT, 1f);
        zero = arena.allocateFrom(JAVA_FLOAT, 0f);
    }

    /// The name and version of a library, without starting it.
    ///
    /// @throws IllegalArgumentException if it cannot be loaded
    /// @throws java.util.NoSuchElementException if it is another library
    static String versionOf(String file) {
        return version(load(file));
    }

    /// For good: it registers its kernels with the driver, which does not expect it to go.
    private static SymbolLookup load(String file) {
        return SymbolLookup.libraryLookup(file, Arena.global());
    }

    private static String version(SymbolLookup library) {
        long version = (long) invoke(bind(library, "cublasLtGetVersion", FunctionDescriptor.of(JAVA_LONG)));
        return "cuBLASLt " + version / 10000 + "." + version / 100 % 100 + "." + version % 100;
    }

    /// With its version.
    @Override
    public String name() {
        return name;
    }

    /// The stream's context is the calling thread's.
    @Override
    public void multiply(Shape shape, long a, long b, long c, long workspace, long stream) {
        Key key = new Key(shape, (int) Math.min(MOST_ALIGNMENT, Long.lowestOneBit(a | b | c)));
        Plan plan = plans.get(key);
        if (plan == null) {
            plan = plan(shape, key.alignment);
            plans.put(key, plan);
        }
        int code =
                (int)
                        invoke(
                                multiply,
                                handle,
                                plan.description,
                                one,
                                a,
                                plan.a,
                                b,
                                plan.b,
                                shape.add ? one : zero,
                                c,
                                plan.c,
                                c,
                                plan.c,
                                plan.algorithm,
                                workspace,
                                WORKSPACE,
                                stream);
        check(code, "multiply " + shape);
    }

    @Override
    public void close() {
        invoke(bind("cublasLtDestroy", FunctionDescriptor.of(JAVA_INT, ADDRESS)), handle);
        arena.close();
    }

    private Plan plan(Shape shape, int alignment) {
        MemorySegment description =
                create(
                        "cublasLtMatmulDescCreate",
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
                        COMPUTE_32F,
                        R_32F);
        transpose(description, DESCRIPTION_TRANSPOSE_A, shape.transposeA);
        transpose(description, DESCRIPTION_TRANSPOSE_B, shape.transposeB);
        MemorySegment a =
                shape.transposeA
                        ? layout(R_16BF, shape.k, shape.m, shape.a)
                        : layout(R_16BF, shape.m, shape.k, shape.a);
        MemorySegment b =
                shape.transposeB
                        ? layout(R_16BF, shape.n, shape.k, shape.b)
                        : layout(R_16BF, shape.k, shape.n, shape.b);
        MemorySegment c = layout(R_32F, shape.m, shape.n, shape.c);
        MemorySegment preference = create("cublasLtMatmulPreferenceCreate", FunctionDescriptor.of(JAVA_INT, ADDRESS));
        set(
                "cublasLtMatmulPreferenceSetAttribute",
                preference,
                PREFERENCE_WORKSPACE,
                arena.allocateFrom(JAVA_LONG, WORKSPACE));
        for (int attribute : PREFERENCE_ALIGNMENTS) {
            MemorySegment bytes = arena.allocateFrom(JAVA_INT, alignment);
            set("cublasLtMatmulPreferenceSetAttribute", preference, attribute, bytes);
        }
        MemorySegment result = arena.allocate(RESULT_BYTES, 8);
        MemorySegment found = arena.allocate(JAVA_INT);
        int code = (int) invoke(heuristic, handle, description, a, b, c, c, preference, 1, result, found);
        check(code, "plan " + shape);
        if (found.get(JAVA_INT, 0) < 1 || result.get(JAVA_INT, RESULT_STATE) != 0) {
            throw new CallFailed(0, name + " knows no way to compute " + shape);
        }
        return new Plan(description, a, b, c, result.asSlice(0, ALGORITHM_BYTES));
    }

    private void transpose(MemorySegment description, int attribute, boolean transposed) {
        set("cublasLtMatmulDescSetAttribute", description, attribute, arena.allocateFrom(JAVA_INT, transposed ? 1 : 0));
    }

    private MemorySegment layout(int type, long rows, long columns, long leading) {
        return create(
                "cublasLtMatrixLayoutCreate",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                type,
                rows,
                columns,
                leading);
    }

    /// Calls a function that hands out a handle through its first parameter.
    private MemorySegment create(String function, FunctionDescriptor signature, Object... rest) {
        MemorySegment out = arena.allocate(ADDRESS);
        Object[] arguments = new Object[rest.length + 1];
        arguments[0] = out;
        System.arraycopy(rest, 0, arguments, 1, rest.length);
        check((int) invoke(bind(function, signature), arguments), function);
        return out.get(ADDRESS, 0);
    }

    private void set(String function, MemorySegment of, int attribute, MemorySegment value) {
        MethodHandle handle = bind(function, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG));
        check((int) invoke(handle, of, attribute, value, value.byteSize()), function);
    }

    private MethodHandle bind(String function, FunctionDescriptor signature) {
        return bind(library, function, signature);
    }

    private static MethodHandle bind(SymbolLookup library, String function, FunctionDescriptor signature) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(function), signature);
    }

    private static Object invoke(MethodHandle function, Object... arguments) {
        try {
            return function.invokeWithArguments(arguments);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new AssertionError("a native function throws nothing", impossible);
        }
    }

    private void check(int status, String doing) {
        if (status != 0) {
            throw new CallFailed(status, name + " could not " + doing + ": status " + status);
        }
    }
}
