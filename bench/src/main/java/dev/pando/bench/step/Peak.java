package dev.pando.bench.step;

import dev.pando.training.ops.CpuOps;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas_nolapack;

/// What the cores can do, measured beside the steps: every thread multiplies its large square matrices.
///
/// Rate of all threads: 2 m^3 for each product, over the time from the first to begin to the last to end.
final class Peak implements AutoCloseable {
    private static final int M = 768; // three matrices of 2.4 MB: OpenBLAS is at its best, and so are the caches
    private static final int ROW_MAJOR = openblas_nolapack.CblasRowMajor;
    private static final int PLAIN = openblas_nolapack.CblasNoTrans;
    private static final int PRODUCTS = 20;

    private record Matrices(FloatPointer a, FloatPointer b, FloatPointer c) {
        void multiply() {
            openblas_nolapack.cblas_sgemm(ROW_MAJOR, PLAIN, PLAIN, M, M, M, 1f, a, M, b, M, 0f, c, M);
        }
    }

    private final List<Matrices> perThread = new ArrayList<>();

    Peak(int threads) {
        CpuOps.library(); // loads it as the operators do, each call in the thread that makes it
        for (int i = 0; i < threads; i++) {
            perThread.add(new Matrices(ones(), ones(), ones()));
        }
    }

    /// GFLOP/s of all threads together.
    double measure() {
        CountDownLatch begin = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (Matrices matrices : perThread) {
            threads.add(Thread.ofPlatform().name("peak-" + threads.size()).start(() -> multiply(matrices, begin)));
        }
        long start = System.nanoTime();
        begin.countDown();
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("interrupted while the peak is measured", interrupted);
        }
        return 2.0 * M * M * M * PRODUCTS * threads.size() / (System.nanoTime() - start);
    }

    private static void multiply(Matrices matrices, CountDownLatch begin) {
        try {
            begin.await();
        } catch (InterruptedException interrupted) {
            return;
        }
        for (int i = 0; i < PRODUCTS; i++) {
            matrices.multiply();
        }
    }

    private static FloatPointer ones() {
        FloatPointer matrix = new FloatPointer((long) M * M);
        for (long i = 0; i < (long) M * M; i++) {
            matrix.put(i, 1f);
        }
        return matrix;
    }

    @Override
    public void close() {
        for (Matrices matrices : perThread) {
            matrices.a.close();
            matrices.b.close();
            matrices.c.close();
        }
    }
}
