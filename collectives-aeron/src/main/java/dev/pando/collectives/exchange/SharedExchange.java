package dev.pando.collectives.exchange;

import dev.pando.collectives.memory.ControlBlock;
import dev.pando.collectives.memory.Format;
import dev.pando.collectives.memory.NeighbourFile;
import dev.pando.collectives.memory.Offheap;
import dev.pando.collectives.memory.SharedResult;
import dev.pando.collectives.memory.Slices;
import dev.pando.collectives.memory.SpanFile;
import dev.pando.collectives.sum.OperationRequest;
import dev.pando.collectives.sum.PartialDirectory;
import dev.pando.collectives.sum.Pattern;
import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.Peer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Arrays;

/// An operation of members of one host, who read each other's spans in place; Aeron carries only where they lie.
///
/// For an all-reduce the span is cut into windows, and each window into a slice for every member. A member adds its
/// slice straight out of everyone's partial sums into its own result, then copies the others' slices out of their
/// results while these are still in a cache; or, where the result is shared, copies nothing. Other operations leave
/// parts of this out: see [Pattern].
///
/// Everyone writes to its own file alone. A member that leaves the epoch changes its [ControlBlock] before it touches
/// its spans again; a reader checks the control blocks once more before it reports that it has finished, and no member
/// is done before all have finished. So what is done was read while it was whole.
public final class SharedExchange implements OngoingOperation {
    private static final int BLOCK = 2048;

    private final Inbox inbox;
    private final SpanFile own;
    private final int sliceBytes;
    private final PartialDirectory roster = new PartialDirectory();
    private final Slices slices = new Slices(); // where they are not cut by windows

    private Epoch epoch;
    private Peer[] peers;
    private OperationRequest task;
    private long identity;
    private Pattern pattern;
    private boolean windowed;
    private boolean gathers;
    private int width; // bytes of a number
    private long piece; // elements that are summed or copied at a time
    private long ownOffset; // of what the others read, within the own file
    private long target; // of the span's first element, as if all of it were there
    private int me;

    private boolean[] announced = {};
    private boolean[] heard = {};
    private int[] gathered = {}; // pieces, of each member's slice
    private long[] sourceOf = {}; // addresses of what each member gives, as if all of the span were there
    private long[] offsetOf = {}; // of that, within each member's file
    private Path[] files = {};

    private MemorySegment scratch = MemorySegment.NULL;
    private Format scratchFormat;
    private boolean placed;
    private int reduced;
    private boolean finished;

    public SharedExchange(Inbox inbox, SpanFile own, int sliceBytes) {
        this.inbox = inbox;
        this.own = own;
        this.sliceBytes = sliceBytes;
    }

    /// @param nth operation of the epoch in shared memory
    public SharedExchange begin(Epoch now, Peer[] others, long nth, OperationRequest asked) {
        if (epoch != now) {
            epoch = now;
            peers = others;
            me = now.rank();
            announced = new boolean[now.size()];
            heard = new boolean[now.size()];
            gathered = new int[now.size()];
            sourceOf = new long[now.size()];
            offsetOf = new long[now.size()];
            files = new Path[now.size()];
            roster.reset(now);
        }
        task = asked;
        pattern = asked.pattern();
        identity = ControlBlock.identify(now.number(), nth);
        width = asked.format().bytes();
        piece = sliceBytes / width;
        windowed = pattern == Pattern.ALL_REDUCE && asked.shared() == null;
        gathers = pattern.gathers() && asked.shared() == null;
        cut();
        locate();
        reduced = 0;
        finished = false;
        placed = false;
        Arrays.fill(announced, false);
        Arrays.fill(heard, false);
        Arrays.fill(gathered, 0);
        announced[me] = true;
        heard[me] = true;
        if (pattern.reduces()) {
            roster.takeOwn(me, own, asked.partials());
        }
        own.board().begin(identity);
        return this;
    }

    private void cut() {
        if (pattern == Pattern.BROADCAST) {
            slices.only(task.elements(), peers.length, piece, task.owner());
        } else {
            long grain = task.shared() == null ? Slices.GRAIN : SharedResult.PAGE / width;
            slices.even(task.elements(), peers.length, piece, grain);
        }
    }

    private void locate() {
        long before = slices.start(me) * width;
        target = task.target() - (pattern == Pattern.REDUCE_SCATTER ? before : 0);
        switch (pattern) {
            case ALL_REDUCE ->
                    ownOffset = task.shared() == null ? offset(task.taken(), "the result") : task.shared().offset();
            case ALL_GATHER -> {
                ownOffset = offset(task.given(), "the slice") - before;
                task.copyOwnSlice(before);
            }
            case BROADCAST -> ownOffset = task.owner() == me ? offset(task.given(), "the span") : 0;
            case REDUCE_SCATTER, BARRIER -> ownOffset = 0;
        }
        sourceOf[me] = target;
    }

    private long offset(MemorySegment span, String what) {
        long offset = span.byteSize() == 0 ? 0 : own.offsetOf(span);
        if (offset < 0) {
            throw new IllegalArgumentException(name() + ": " + what + " lies outside this member's memory()");
        }
        return offset;
    }

    @Override
    public boolean advance() {
        if (!placed) {
            return meet();
        }
        boolean moved = pattern.reduces() && reduce();
        moved |= gathers && gather();
        return finish() || moved;
    }

    @Override
    public boolean isDone() {
        if (!finished) {
            return false;
        }
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != me && !peers[rank].spans().board().hasFinished(identity)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean awaits(int rank) {
        if (!placed) {
            return !announced[rank] || !heard[rank];
        }
        return rank != me && (isExpectedOf(rank) || !peers[rank].spans().board().hasFinished(identity));
    }

    @Override
    public String name() {
        return task.name();
    }

    private boolean isExpectedOf(int rank) {
        return gathers && rank != me && gathered[rank] < pieces(rank);
    }

    private boolean meet() {
        boolean moved = false;
        boolean complete = true;
        for (int rank = 0; rank < peers.length; rank++) {
            moved |= !announced[rank] && announce(rank);
            moved |= !heard[rank] && hear(rank);
            complete &= announced[rank] && heard[rank];
        }
        if (complete) {
            place();
            moved = true;
        }
        return moved;
    }

    private boolean announce(int rank) {
        announced[rank] = SpansFrame.send(peers[rank], epoch, task, identity, roster, ownOffset);
        return announced[rank];
    }

    private boolean hear(int rank) {
        offsetOf[rank] = SpansFrame.receive(inbox, rank, epoch, task, identity, roster);
        heard[rank] = offsetOf[rank] != Long.MIN_VALUE;
        return heard[rank];
    }

    private void place() {
        if (pattern.reduces() && (roster.compile(task) || scratchFormat != task.format())) {
            scratchFormat = task.format();
            scratch = Arena.ofAuto().allocate(roster.plan().scratchBytes(BLOCK, scratchFormat), 64);
        }
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != me) {
                NeighbourFile file = peers[rank].spans();
                file.reach(Math.max(lastRead(rank), lastPartial(rank)));
                sourceOf[rank] = file.address() + offsetOf[rank];
                files[rank] = file.path();
                if (pattern.reduces()) {
                    roster.place(rank, file.address());
                }
            }
        }
        if (pattern.reduces()) {
            roster.place(me, task.partials());
        }
        if (task.shared() != null) {
            files[me] = own.path();
            offsetOf[me] = ownOffset;
            task.shared().map(files, offsetOf, slices, width);
        }
        placed = true;
    }

    /// Where in its file that ends which this member copies from another.
    private long lastRead(int rank) {
        boolean isRead = gathers && (windowed || slices.length(rank) > 0);
        return isRead ? offsetOf[rank] + (windowed ? task.elements() : slices.end(rank)) * width : 0;
    }

    private long lastPartial(int rank) {
        return pattern.reduces() && roster.count(rank) > 0 ? roster.lastOffset(rank) + task.bytes() : 0;
    }

    /// Adds the next piece of the own slice. At most two pieces ahead of what has been gathered: what the others have
    /// reduced should still be in a cache.
    private boolean reduce() {
        if (reduced == pieces(me) || gathers && reduced > leastGathered() + 1) {
            return false;
        }
        long from = start(me, reduced);
        roster.plan()
                .run(
                        roster.addresses(),
                        scratchFormat,
                        from,
                        end(me, reduced) - from,
                        target,
                        scratch.address(),
                        BLOCK);
        reduced++;
        own.board().reduced(reduced);
        return true;
    }

    private boolean gather() {
        boolean moved = false;
        for (int step = 1; step < peers.length; step++) {
            int rank = (me + step) % peers.length;
            if (isExpectedOf(rank) && isReady(rank)) {
                long from = start(rank, gathered[rank]);
                long bytes = (end(rank, gathered[rank]) - from) * width;
                Offheap.copy(target + from * width, sourceOf[rank] + from * width, bytes);
                gathered[rank]++;
                moved = true;
            }
        }
        return moved;
    }

    private boolean isReady(int rank) {
        return !pattern.reduces() || peers[rank].spans().board().reduced(identity) > gathered[rank];
    }

    private boolean finish() {
        if (finished || pattern.reduces() && reduced < pieces(me)) {
            return false;
        }
        for (int rank = 0; rank < peers.length; rank++) {
            if (isExpectedOf(rank)) {
                return false;
            }
        }
        VarHandle.loadLoadFence(); // what was read before, then the boards
        if (!areAllInEpoch()) {
            return false;
        }
        finished = true;
        own.board().finish(identity);
        return true;
    }

    private boolean areAllInEpoch() {
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != me && peers[rank].spans().board().epoch() != epoch.number()) {
                return false;
            }
        }
        return true;
    }

    private int leastGathered() {
        int least = Integer.MAX_VALUE;
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != me) {
                least = Math.min(least, gathered[rank]);
            }
        }
        return peers.length == 1 ? reduced : least;
    }

    /// How many pieces a member's slice has; with windows, all have as many.
    private int pieces(int member) {
        return (int) (windowed ? Math.ceilDiv(task.elements(), piece * peers.length) : slices.chunks(member));
    }

    private long start(int member, int index) {
        return windowed ? windowStart(member, index) : slices.chunkStart(member, index);
    }

    private long end(int member, int index) {
        return windowed
                ? windowStart(member + 1, index)
                : slices.chunkStart(member, index) + slices.chunkLength(member, index);
    }

    /// First element of a member's slice of a window; that of the member after the last is the window's end.
    private long windowStart(int member, int window) {
        long begin = window * piece * peers.length;
        long length = Math.min(piece * peers.length, task.elements() - begin);
        return begin + Slices.start(length, peers.length, member, Slices.GRAIN);
    }
}
