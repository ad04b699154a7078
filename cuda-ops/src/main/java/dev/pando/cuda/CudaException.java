package dev.pando.cuda;

import dev.pando.training.tensor.MemoryPlan;
import java.util.Locale;

/// What can go wrong on a GPU, told apart by what helps: less work, a new context, or a look at the call.
public abstract sealed class CudaException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final double GIB = 1L << 30;
    private static final int PARTS_TOLD = 4;

    CudaException(String sentence) {
        super(sentence);
    }

    /// The device has not enough memory. The context lives on, and so does everything in it.
    public static final class OutOfMemory extends CudaException {
        private static final long serialVersionUID = 1L;

        private final long asked;
        private final long free;

        private OutOfMemory(String sentence, long asked, long free) {
            super(sentence);
            this.asked = asked;
            this.free = free;
        }

        static OutOfMemory ofSpan(String name, long asked, Device.Room room, long held) {
            String sentence =
                    String.format(
                            Locale.ROOT,
                            "no room on the GPU for %s: %.2f GiB asked for, %.2f of %.2f GiB free, %.2f held by this"
                                    + " job",
                            name,
                            asked / GIB,
                            room.free() / GIB,
                            room.total() / GIB,
                            held / GIB);
            return new OutOfMemory(sentence, asked, room.free());
        }

        /// @param missing what of the plan is not held yet, and what the driver is left for itself
        static OutOfMemory ofPlan(String device, MemoryPlan plan, long missing, Device.Room room) {
            String sentence =
                    String.format(
                            Locale.ROOT,
                            "%s has no room for a worker: it needs %s (%s), the driver some more, and %s of %s are"
                                    + " free",
                            device,
                            MemoryPlan.size(plan.bytes()),
                            plan.words(PARTS_TOLD),
                            MemoryPlan.size(room.free()),
                            MemoryPlan.size(room.total()));
            return new OutOfMemory(sentence, missing, room.free());
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
        /// A kernel touched memory outside its spans, or executed an illegal instruction.
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
