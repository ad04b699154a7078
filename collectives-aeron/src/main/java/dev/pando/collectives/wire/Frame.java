package dev.pando.collectives.wire;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/// The header before every payload: whose it is, of which epoch and operation, and what part of which sum.
///
/// ```
///   0 int   version and kind        8 long  group     16 long  epoch     24 long  operation
///   4 short rank of the sender     32 int   first, 36 int end: shards of the node
///   6 byte  lane, 7 byte lanes
///                                  40 long  offset: first element, or byte of a state
///                                  48 long  total: elements of the whole span, or bytes of the state
///                                  56 long  extra, by kind
/// ```
///
/// Little-endian. The payload starts at 64.
public final class Frame {
    public static final int HEADER = 64;

    /// Payload: the nodes that the sender holds, as pairs of ints. Opens every operation in log buffers.
    public static final int HOLDING = 1;

    /// Payload: numbers of the sender's partial sum of a node, of the receiver's slice.
    public static final int PARTIAL = 2;

    /// Payload: numbers of the sender's slice, summed if there was anything to sum.
    public static final int SUM = 3;

    /// Payload: bytes of a state.
    public static final int STATE = 4;

    /// No payload: the receiver has the whole state.
    public static final int STATE_RECEIVED = 5;

    /// No payload: the sender has entered the epoch, and says how it would share numbers.
    public static final int HELLO = 6;

    /// Payload: the partial sums that the sender holds, as pairs of ints and their places in its file.
    public static final int SPANS = 7;

    /// No payload: what the sender has sent in this operation was whole.
    public static final int INTACT = 8;

    /// No payload, and no meaning: shows the receiver of a lane that something before it was lost.
    static final int NUDGE = 9;

    /// Payload: places and lengths of the state's spans in the sender's file, as pairs of longs.
    public static final int STATE_PLACES = 10;

    /// No payload: the receiver cannot read the sender's file, and asks for the bytes.
    public static final int STATE_WANTED = 11;

    private static final int VERSION = 4;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private Frame() {}

    public static void encode(
            MutableDirectBuffer buffer, int at, int kind, int rank, long group, long epoch, long operation) {
        buffer.putInt(at, VERSION << 16 | kind, ORDER);
        buffer.putInt(at + 4, rank, ORDER);
        buffer.putLong(at + 8, group, ORDER);
        buffer.putLong(at + 16, epoch, ORDER);
        buffer.putLong(at + 24, operation, ORDER);
    }

    public static void encodePart(
            MutableDirectBuffer buffer, int at, int first, int end, long offset, long total, long extra) {
        buffer.putInt(at + 32, first, ORDER);
        buffer.putInt(at + 36, end, ORDER);
        buffer.putLong(at + 40, offset, ORDER);
        buffer.putLong(at + 48, total, ORDER);
        buffer.putLong(at + 56, extra, ORDER);
    }

    static boolean isKnown(DirectBuffer buffer, int at, int length) {
        return length >= HEADER && buffer.getInt(at, ORDER) >>> 16 == VERSION;
    }

    static int kind(DirectBuffer buffer, int at) {
        return buffer.getInt(at, ORDER) & 0xffff;
    }

    static int rank(DirectBuffer buffer, int at) {
        return buffer.getShort(at + 4, ORDER) & 0xffff;
    }

    /// The frames of an epoch travel in turn on this many streams.
    ///
    /// @param lane of them on which this one does
    static void encodeLane(MutableDirectBuffer buffer, int at, int lane, int lanes) {
        buffer.putByte(at + 6, (byte) lane);
        buffer.putByte(at + 7, (byte) lanes);
    }

    static int lane(DirectBuffer buffer, int at) {
        return buffer.getByte(at + 6);
    }

    static int lanes(DirectBuffer buffer, int at) {
        return buffer.getByte(at + 7);
    }

    static long group(DirectBuffer buffer, int at) {
        return buffer.getLong(at + 8, ORDER);
    }

    static long epoch(DirectBuffer buffer, int at) {
        return buffer.getLong(at + 16, ORDER);
    }

    static long operation(DirectBuffer buffer, int at) {
        return buffer.getLong(at + 24, ORDER);
    }

    static int first(DirectBuffer buffer, int at) {
        return buffer.getInt(at + 32, ORDER);
    }

    static int end(DirectBuffer buffer, int at) {
        return buffer.getInt(at + 36, ORDER);
    }

    static long offset(DirectBuffer buffer, int at) {
        return buffer.getLong(at + 40, ORDER);
    }

    static long total(DirectBuffer buffer, int at) {
        return buffer.getLong(at + 48, ORDER);
    }

    static long extra(DirectBuffer buffer, int at) {
        return buffer.getLong(at + 56, ORDER);
    }

    /// A group's name in eight bytes: FNV-1a of its UTF-8.
    public static long groupOf(String name) {
        long hash = 0xcbf29ce484222325L;
        for (byte letter : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (letter & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }
}
