package dev.pando.checkpoint.memory;

import dev.pando.checkpoint.format.Safetensors;
import dev.pando.checkpoint.memory.Replicas.Stamp;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.LossHistory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// What one node tells another beside a state: which one it is, or why there is none.
///
/// ```
///   0 long  step      8 int  1: this is the loss history, 0: the reason why there is none      12 int  bytes      16 text
/// ```
final class Letter {
    private static final int GIVEN = 8;
    private static final int LENGTH = GIVEN + Integer.BYTES;
    private static final int TEXT = LENGTH + Integer.BYTES;
    private static final int BYTES = 1024; // a digest, and the longest doubles there are, 32 of them
    private static final ValueLayout.OfLong STEP = ValueLayout.JAVA_LONG;

    private final MemorySegment bytes = Arena.ofAuto().allocate(BYTES, Safetensors.ALIGNMENT);

    static Letter of(Stamp stamp) {
        Letter letter = new Letter();
        letter.bytes.set(STEP, 0, stamp.step());
        letter.bytes.set(ValueLayout.JAVA_INT, GIVEN, 1);
        letter.put(stamp.history().text());
        return letter;
    }

    static Letter of(CheckpointException refused) {
        Letter letter = new Letter();
        letter.put(refused.getMessage());
        return letter;
    }

    private void put(String text) {
        byte[] whole = text.getBytes(StandardCharsets.UTF_8);
        int fitting = Math.min(whole.length, BYTES - TEXT);
        bytes.set(ValueLayout.JAVA_INT, LENGTH, fitting);
        MemorySegment.copy(whole, 0, bytes, ValueLayout.JAVA_BYTE, TEXT, fitting);
    }

    /// As it travels.
    MemorySegment bytes() {
        return bytes;
    }

    /// @throws CheckpointException if the letter says why there is none
    Stamp stamp() {
        int length = bytes.get(ValueLayout.JAVA_INT, LENGTH);
        String text = new String(bytes.asSlice(TEXT, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        if (bytes.get(ValueLayout.JAVA_INT, GIVEN) == 0) {
            throw new CheckpointException(text);
        }
        return new Stamp(bytes.get(STEP, 0), LossHistory.parse(text));
    }
}
