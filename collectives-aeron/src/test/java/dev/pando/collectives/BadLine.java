package dev.pando.collectives;

import dev.pando.collectives.wire.CheckedEndpoint;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;

/// A network that loses some datagrams and damages others.
final class BadLine implements CheckedEndpoint.Line {
    private final Random random;
    private final double lost;
    private final double damaged;
    private final AtomicLong damage = new AtomicLong();

    BadLine(long seed, double lost, double damaged) {
        this.random = new Random(seed);
        this.lost = lost;
        this.damaged = damaged;
    }

    /// Datagrams of which a bit was turned over.
    long damage() {
        return damage.get();
    }

    @Override
    public synchronized boolean carries(UnsafeBuffer datagram, int length) {
        if (random.nextDouble() < lost) {
            return false;
        }
        if (length > 200 && random.nextDouble() < damaged) {
            int at = 100 + random.nextInt(length - 100); // in the numbers, which no other test checks
            datagram.putByte(at, (byte) (datagram.getByte(at) ^ 1 << random.nextInt(8)));
            damage.incrementAndGet();
        }
        return true;
    }
}
