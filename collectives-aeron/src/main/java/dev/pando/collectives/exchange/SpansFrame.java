package dev.pando.collectives.exchange;

import dev.pando.collectives.sum.OperationRequest;
import dev.pando.collectives.sum.PartialDirectory;
import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.Inbound;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.Peer;
import dev.pando.training.step.ShardTree.Node;
import io.aeron.logbuffer.BufferClaim;
import java.nio.ByteOrder;
import java.util.Locale;

/// Tells a neighbour where spans lie: a member's partial sums, and what it gives to others to read.
final class SpansFrame {
    private static final int WORDS = 2; // longs of a partial sum: its node, its place
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private SpansFrame() {}

    /// @param given place of what the others read, within the sender's file
    /// @return whether there was room for it
    static boolean send(
            Peer to, Epoch epoch, OperationRequest task, long identity, PartialDirectory roster, long given) {
        if (!to.isReachable()) {
            return false;
        }
        int count = task.partials().size();
        int bytes = count * WORDS * Long.BYTES;
        if (bytes > to.maxPayload()) {
            throw new IllegalStateException(count + " partial sums do not fit into one frame; add some first");
        }
        BufferClaim claim = to.claim(bytes);
        if (claim == null) {
            return false;
        }
        Frame.encode(
                claim.buffer(),
                claim.offset(),
                Frame.SPANS,
                epoch.rank(),
                epoch.group(),
                epoch.number(),
                task.number());
        Frame.encodePart(claim.buffer(), claim.offset(), task.shape(), count, given, task.elements(), identity);
        int at = claim.offset() + Frame.HEADER;
        for (int index = 0; index < count; index++) {
            Node node = task.partials().get(index).node();
            claim.buffer().putInt(at, node.first(), ORDER);
            claim.buffer().putInt(at + Integer.BYTES, node.end(), ORDER);
            claim.buffer().putLong(at + Long.BYTES, roster.offset(epoch.rank(), index), ORDER);
            at += WORDS * Long.BYTES;
        }
        to.commit();
        return true;
    }

    /// Takes in what a neighbour says, if it has said it.
    ///
    /// @return where in its file that lies which it gives to others, or [Long#MIN_VALUE] if it has said nothing yet
    static long receive(
            Inbox inbox, int rank, Epoch epoch, OperationRequest task, long identity, PartialDirectory roster) {
        Inbound head = inbox.head(rank, task.number());
        if (head == null) {
            return Long.MIN_VALUE;
        }
        if (head.kind() != Frame.SPANS || head.extra() != identity) {
            throw new IllegalStateException(
                    String.format(
                            Locale.ROOT,
                            "%s of epoch %d: %s sent a frame of kind %d out of turn",
                            task.name(),
                            epoch.number(),
                            epoch.name(rank),
                            head.kind()));
        }
        if (head.first() != task.shape() || head.total() != task.elements()) {
            throw new IllegalStateException(
                    task.disagreement(epoch.name(rank), head.first(), head.total(), epoch.name(epoch.rank())));
        }
        if (task.pattern().reduces()) {
            roster.resize(rank, head.end());
            for (int index = 0; index < head.end(); index++) {
                roster.take(
                        rank,
                        index,
                        head.payloadInt(index * WORDS * 2),
                        head.payloadInt(index * WORDS * 2 + 1),
                        head.payloadLong(index * WORDS + 1));
            }
        }
        long given = head.offset();
        head.consume();
        return given;
    }
}
