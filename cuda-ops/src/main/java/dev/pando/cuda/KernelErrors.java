package dev.pando.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Carries what kernels find wrong with their input to the thread that waits for them, in the CPU's words.
///
/// A kernel leaves the complaint about the lowest position in one word of device memory.
final class KernelErrors {
    private static final long NONE = -1;

    private final Device device;
    private final MemorySegment word;
    private final MemorySegment answer; // on the host
    private int vocabulary;
    private int length;
    private int positions;

    KernelErrors(Device device, DeviceMemory memory, PageLocked hosts) {
        this.device = device;
        this.word = memory.allocate("workspaces: complaint", Long.BYTES);
        this.answer = hosts.allocate("complaint", Long.BYTES);
        answer.set(ValueLayout.JAVA_LONG, 0, NONE);
        clear();
    }

    /// Where kernels complain about a token or a label.
    long ofVocabulary(int size) {
        vocabulary = size;
        return word.address();
    }

    /// Where they complain about a document of a row of that many positions.
    long ofRows(int positionsOfRow) {
        length = positionsOfRow;
        return word.address();
    }

    /// Where they complain about a position that a rotary table has not.
    long ofRotaryTable(int rows) {
        positions = rows;
        return word.address();
    }

    /// Waits for everything.
    ///
    /// @throws IllegalArgumentException if there was a complaint
    void finish() {
        device.copy(word.address(), answer.address(), Long.BYTES);
        device.finish();
        long told = answer.get(ValueLayout.JAVA_LONG, 0);
        if (told != NONE) {
            clear();
            throw new IllegalArgumentException(sentence(told));
        }
    }

    private void clear() {
        device.fill(word.address(), (byte) NONE, Long.BYTES);
    }

    /// As `complain` in platform.cuh packs it.
    private String sentence(long told) {
        int at = (int) (told >>> 34);
        int value = (int) told;
        return switch ((int) (told >>> 32) & 3) {
            case 0 -> "token " + value + " at position " + at + " is not in a vocabulary of " + vocabulary;
            case 1 -> "label " + value + " at position " + at + " is not in a vocabulary of " + vocabulary;
            case 2 -> "rotary position " + value + " at position " + at + " is outside a table of " + positions;
            default ->
                    "position "
                            + at % length
                            + " of row "
                            + at / length
                            + " cannot belong to a document that starts at "
                            + value;
        };
    }
}
