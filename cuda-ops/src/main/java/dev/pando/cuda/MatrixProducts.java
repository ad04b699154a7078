package dev.pando.cuda;

import dev.pando.cuda.CublasLt.Shape;
import dev.pando.cuda.Device.Grid;

/// The three matrix products of a linear map, on tensor cores: by a library, or by a kernel of our own.
///
/// All matrices are row-major float32 at addresses of the device; sums are float32.
sealed interface MatrixProducts extends AutoCloseable {
    /// What multiplies.
    String name();

    /// `y = x weight^T`.
    void forward(long x, long weight, long y, int n, int in, int out);

    /// `dx = dy weight`, or added to it.
    void backward(long dy, long weight, long dx, int n, int in, int out, boolean add);

    /// `dweight += dy^T x`.
    void gradient(long dy, long x, long dweight, int n, int in, int out);

    @Override
    void close();

    /// A library's product of bfloat16 matrices.
    interface Multiplier extends AutoCloseable {
        String name();

        /// Adds a product to a stream.
        ///
        /// @param workspace of [CublasLt#WORKSPACE] bytes on the device
        void multiply(Shape shape, long a, long b, long c, long workspace, long stream);

        @Override
        void close();
    }

    /// By a library, which counts columns first: to it, our row-major matrices are their transposes.
    record ByLibrary(Multiplier library, Device device, Bfloat16Cache rounded, long workspace)
            implements MatrixProducts {
        static ByLibrary of(Multiplier library, Device device, DeviceMemory memory, Bfloat16Cache rounded) {
            long workspace = memory.allocate("workspaces: " + library.name(), CublasLt.WORKSPACE).address();
            return new ByLibrary(library, device, rounded, workspace);
        }

        @Override
        public String name() {
            return library.name();
        }

        @Override
        public void forward(long x, long weight, long y, int n, int in, int out) {
            Shape shape = new Shape(true, false, out, n, in, in, in, out, false);
            multiply(shape, weight, (long) out * in, x, (long) n * in, y);
        }

        @Override
        public void backward(long dy, long weight, long dx, int n, int in, int out, boolean add) {
            Shape shape = new Shape(false, false, in, n, out, in, out, in, add);
            multiply(shape, weight, (long) out * in, dy, (long) n * out, dx);
        }

        @Override
        public void gradient(long dy, long x, long dweight, int n, int in, int out) {
            Shape shape = new Shape(false, true, in, out, n, in, out, in, true);
            multiply(shape, x, (long) n * in, dy, (long) n * out, dweight);
        }

        private void multiply(Shape shape, long a, long aElements, long b, long bElements, long c) {
            long first = rounded.of(a, aElements);
            long second = rounded.of(b, bElements);
            library.multiply(shape, first, second, c, workspace, device.stream());
        }

        @Override
        public void close() {
            library.close();
        }
    }

    /// By `pando_product`, which takes each operand with the strides of its rows and columns.
    record ByOurKernel(Device device) implements MatrixProducts {
        private static final int TILE = 64;
        private static final int THREADS = 128;

        @Override
        public String name() {
            return "kernels of our own";
        }

        @Override
        public void forward(long x, long weight, long y, int n, int in, int out) {
            multiply(x, in, 1, weight, 1, in, y, n, out, in, false);
        }

        @Override
        public void backward(long dy, long weight, long dx, int n, int in, int out, boolean add) {
            multiply(dy, out, 1, weight, in, 1, dx, n, in, out, add);
        }

        @Override
        public void gradient(long dy, long x, long dweight, int n, int in, int out) {
            multiply(dy, 1, out, x, in, 1, dweight, out, in, n, true);
        }

        /// `c = a b` of m x n and k inner elements.
        private void multiply(
                long a,
                long aRow,
                long aInner,
                long b,
                long bInner,
                long bColumn,
                long c,
                int m,
                int n,
                int k,
                boolean add) {
            device.launch(
                    "pando_product",
                    new Grid(Math.ceilDiv(n, TILE), Math.ceilDiv(m, TILE), 1),
                    THREADS,
                    0,
                    a,
                    aRow,
                    aInner,
                    b,
                    bInner,
                    bColumn,
                    c,
                    m,
                    n,
                    k,
                    add ? 1 : 0);
        }

        @Override
        public void close() {}
    }
}
