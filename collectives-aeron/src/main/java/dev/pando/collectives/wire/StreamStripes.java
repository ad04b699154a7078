package dev.pando.collectives.wire;

/// The streams of one sender, which uses them in turn: what is lost on one holds up the others only when their turn is
/// over, so that several losses are mended at once.
final class StreamStripes {
    private final Inbound[] lanes;
    private int turn;

    StreamStripes(int lanes) {
        this.lanes = new Inbound[lanes];
    }

    int size() {
        return lanes.length;
    }

    void put(int lane, Inbound inbound) {
        lanes[lane] = inbound;
        inbound.belongsTo(this);
    }

    /// The stream with the next frame, or null if nothing has arrived there in this epoch.
    Inbound head() {
        return lanes[turn];
    }

    void next() {
        turn = (turn + 1) % lanes.length;
    }

    /// Whether one of them was here in this epoch, and has ended.
    boolean hasEnded() {
        for (Inbound lane : lanes) {
            if (lane != null && lane.image().isClosed()) {
                return true;
            }
        }
        return false;
    }
}
