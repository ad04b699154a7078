package dev.pando.checkpoint;

import dev.pando.checkpoint.Replicas.Stamp;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.LossHistory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// What one node tells another beside a state: which one it is, or why there is none.
///
/// ```
///   0 long  step      8 the loss history's hash in hexadecimal      72 int  bytes of the reason, 0: none      76 reason
/// ```
final class Letter {
    private static final int HASH = 8;
    private static final int LENGTH = HASH + 64;
    private static final int REASON = LENGTH + Integer.BYTES;
    private static final int BYTES = 1024;
    private static final ValueLayout.OfLong STEP = ValueLayout.JAVA_LONG;

    private final MemorySegment bytes = Arena.ofAuto().allocate(BYTES, Safetensors.ALIGNMENT);

    static Letter of(Stamp stamp) {
        Letter letter = new Letter();
        letter.bytes.set(STEP, 0, stamp.step());
        letter.put(HASH, stamp.history().sha256().getBytes(StandardCharsets.US_ASCII));
        return letter;
    }

    static Letter of(CheckpointException refused) {
        Letter letter = new Letter();
        byte[] reason = refused.getMessage().getBytes(StandardCharsets.UTF_8);
        byte[] fitting = Arrays.copyOf(reason, Math.min(reason.length, BYTES - REASON));
        letter.bytes.set(ValueLayout.JAVA_INT, LENGTH, fitting.length);
        letter.put(REASON, fitting);
        return letter;
    }

    private void put(long at, byte[] what) {
        MemorySegment.copy(what, 0, bytes, ValueLayout.JAVA_BYTE, at, what.length);
    }

    /// As it travels.
    MemorySegment bytes() {
        return bytes;
    }

    /// @throws CheckpointException if the letter says why there is none
    Stamp stamp() {
        int length = bytes.get(ValueLayout.JAVA_INT, LENGTH);
        if (length > 0) {
            throw new CheckpointException(text(REASON, length));
        }
        return new Stamp(bytes.get(STEP, 0), new LossHistory(text(HASH, LENGTH - HASH)));
    }

    private String text(long at, int length) {
        return new String(bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }
}
