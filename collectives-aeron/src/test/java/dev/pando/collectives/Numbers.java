package dev.pando.collectives;

import dev.pando.collectives.memory.Format;
import dev.pando.training.step.ShardTree.Node;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Sums as one thread forms them, in the bytes of a format.
final class Numbers {
    private Numbers() {}

    /// The sum of a node, one shard after the other along the tree; in bfloat16 of shards that were rounded, and
    /// rounded once more.
    static byte[] sum(Node node, int elements, Format format) {
        ByteBuffer bytes = ByteBuffer.allocate(elements * format.bytes()).order(ByteOrder.nativeOrder());
        if (format == Format.FLOAT32) {
            bytes.asFloatBuffer().put(Arrangement.sum(node, elements));
        } else {
            for (float value : sumOfRounded(node, elements)) {
                bytes.putShort(rounded(value));
            }
        }
        return bytes.array();
    }

    private static float[] sumOfRounded(Node node, int elements) {
        if (node.isLeaf()) {
            float[] values = Arrangement.values(node.first(), elements);
            for (int at = 0; at < elements; at++) {
                values[at] = Float.intBitsToFloat(rounded(values[at]) << 16);
            }
            return values;
        }
        float[] left = sumOfRounded(node.left(), elements);
        float[] right = sumOfRounded(node.right(), elements);
        for (int at = 0; at < elements; at++) {
            left[at] += right[at];
        }
        return left;
    }

    /// The nearer of the two neighbours in bfloat16; of two that are as near, the even one.
    static short rounded(float value) {
        int bits = Float.floatToRawIntBits(value);
        int below = bits & 0xFFFF0000;
        int above = below + 0x10000;
        double toBelow = Math.abs((double) value - Float.intBitsToFloat(below));
        double toAbove = Math.abs((double) Float.intBitsToFloat(above) - value);
        boolean isBelow = toBelow < toAbove || toBelow == toAbove && (below >>> 16 & 1) == 0;
        return (short) ((isBelow ? below : above) >>> 16);
    }
}
