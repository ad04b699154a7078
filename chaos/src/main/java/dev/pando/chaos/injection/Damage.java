package dev.pando.chaos.injection;

import dev.pando.chaos.faults.Dice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Ruins numbers and files.
final class Damage {
    private static final float JUNK = 6.02214e23f;
    private static final int FRAME = 64;

    private Damage() {}

    /// Leaves a gradient as a worker leaves it that dies in the middle of a batch shard.
    static void halfWritten(MemorySegment gradient) {
        long floats = gradient.byteSize() / Float.BYTES;
        for (long i = floats / 2; i < floats; i++) {
            gradient.setAtIndex(ValueLayout.JAVA_FLOAT, i, JUNK);
        }
    }

    static void notANumber(MemorySegment gradient, long dice) {
        gradient.setAtIndex(ValueLayout.JAVA_FLOAT, element(gradient, dice), Float.NaN);
    }

    static void scale(MemorySegment floats, double factor) {
        for (long i = 0; i < floats.byteSize() / Float.BYTES; i++) {
            floats.setAtIndex(
                    ValueLayout.JAVA_FLOAT, i, (float) (factor * floats.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
        }
    }

    /// Flips a bit of a mantissa: the number stays finite, and is not noticed.
    static void flipBit(MemorySegment floats, long dice) {
        long element = element(floats, dice);
        int bits = floats.getAtIndex(ValueLayout.JAVA_INT, element);
        floats.setAtIndex(ValueLayout.JAVA_INT, element, bits ^ (1 << Dice.below(23, dice, 1)));
    }

    static void corruptFrame(MemorySegment floats, long dice) {
        long start = Math.max(0, Math.min(element(floats, dice) * Float.BYTES, floats.byteSize() - FRAME));
        for (long at = start; at < Math.min(start + FRAME, floats.byteSize()); at++) {
            byte before = floats.get(ValueLayout.JAVA_BYTE, at);
            floats.set(ValueLayout.JAVA_BYTE, at, (byte) (before ^ 0x15));
        }
    }

    static void flipBit(Path checkpoint, long dice) {
        Path file = largestFile(checkpoint);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long at = Long.remainderUnsigned(dice, channel.size());
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 1 << Dice.below(8, dice, 1)));
            channel.write(one.rewind(), at);
        } catch (IOException failed) {
            throw new UncheckedIOException("flipping a bit of " + file, failed);
        }
    }

    /// Leaves of a checkpoint's largest file what reached the disk before the power went.
    static void tear(Path checkpoint, long dice) {
        Path file = largestFile(checkpoint);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(Long.remainderUnsigned(dice, channel.size()));
        } catch (IOException failed) {
            throw new UncheckedIOException("tearing " + file, failed);
        }
    }

    private static Path largestFile(Path checkpoint) {
        try (Stream<Path> files = Files.walk(checkpoint)) {
            List<Path> regular = files.filter(Files::isRegularFile).sorted().toList();
            return regular.stream().max(Comparator.comparingLong(file -> file.toFile().length())).orElseThrow();
        } catch (IOException failed) {
            throw new UncheckedIOException("looking into " + checkpoint, failed);
        }
    }

    private static long element(MemorySegment floats, long dice) {
        return Long.remainderUnsigned(dice, floats.byteSize() / Float.BYTES);
    }
}
