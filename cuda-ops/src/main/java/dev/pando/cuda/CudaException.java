package dev.pando.cuda;

/// What can go wrong on a GPU, told apart by what helps: less work, a new context, or a look at the call.
public abstract sealed class CudaException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final double GIB = 1L << 30;

    CudaException(String sentence) {
        super(sentence);
    }

    /// The device has not enough memory. The context lives on, and so does everything in it.
    public static final class OutOfMemory extends CudaException {
        private static final long serialVersionUID = 1L;

        private final long asked;
        private final long free;

        OutOfMemory(String what, long asked, long free, long total, long held) {
            super(
                    String.format(
                            java.util.Locale.ROOT,
                            "no room on the GPU for %s: %.2f GiB asked for, %.2f of %.2f GiB free, %.2f held by this"
                                    + " job",
                            what,
                            asked / GIB,
                            free / GIB,
                            total / GIB,
                            held / GIB));
            this.asked = asked;
            this.free = free;
        }

        /// Bytes asked for.
        public long asked() {
            return asked;
        }

        /// Bytes that were free.
        public long free() {
            return free;
        }
    }

    /// The context is dead: every call in it fails from now on, and what its memory held is lost. Another context on
    /// the same device may work, or, after a [Cause#HARDWARE] fault, may not.
    public static final class DeviceLost extends CudaException {
        private static final long serialVersionUID = 1L;

        private final Cause cause;

        DeviceLost(Cause cause, String sentence) {
            super(sentence);
            this.cause = cause;
        }

        public Cause cause() {
            return cause;
        }
    }

    /// Why a context died.
    public enum Cause {
        /// A kernel touched memory that is not its own, or ran code that is none.
        ILLEGAL_ACCESS,
        /// Memory or a link was found broken: the device needs a reset, or a replacement.
        HARDWARE,
        /// A kernel ran longer than the system allows.
        TIMEOUT,
        /// The driver does not say.
        UNKNOWN
    }

    /// One call was refused. The context lives on.
    public static final class CallFailed extends CudaException {
        private static final long serialVersionUID = 1L;

        private final int code;

        CallFailed(int code, String sentence) {
            super(sentence);
            this.code = code;
        }

        /// As in CUDA's `CUresult`, or in cuBLAS's `cublasStatus_t`.
        public int code() {
            return code;
        }
    }
}
