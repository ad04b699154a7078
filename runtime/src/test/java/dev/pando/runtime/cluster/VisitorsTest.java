package dev.pando.runtime.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Who makes room for whom at a port that has no more.
class VisitorsTest {
    private double seconds;
    private final Visitors visitors = new Visitors(8, 10, 30, () -> (long) (seconds * 1e9));

    @Test
    void shouldLetTheOldestSilentOneOfTheLargestCrowdMakeRoom() {
        Line alone = new Line(1);
        assertThat(visitors.admit(alone)).isTrue();
        List<Line> crowd = IntStream.range(0, 7).mapToObj(i -> new Line(2)).toList();
        crowd.forEach(line -> assertThat(visitors.admit(line)).isTrue());

        assertThat(visitors.admit(new Line(3))).isTrue();
        assertThat(visitors.admit(new Line(2))).isTrue();

        assertThat(alone.isClosed()).isFalse();
        assertThat(crowd).extracting(Socket::isClosed).containsExactly(true, true, false, false, false, false, false);
    }

    @Test
    void shouldKeepRoomForThoseThatHaveNotAskedYet() {
        List<Line> lines = IntStream.range(0, 8).mapToObj(i -> new Line(2)).toList();
        lines.forEach(visitors::admit);

        assertThat(lines)
                .extracting(visitors::asks)
                .containsExactly(true, true, true, true, false, false, false, false);
        Line late = new Line(3);
        assertThat(visitors.admit(late)).isTrue();
        visitors.leaves(lines.getFirst());
        assertThat(visitors.asks(late)).isTrue();
    }

    @Test
    void shouldHangUpOnTheSilentAndOnThoseThatReadNothing() {
        Line silent = new Line(1);
        Line asking = new Line(1);
        Line deaf = new Line(1);
        Line lifeline = new Line(1);
        List.of(silent, asking, deaf, lifeline).forEach(visitors::admit);
        visitors.asks(asking);
        visitors.asks(deaf);
        visitors.isLifeline(lifeline);
        visitors.writes(asking, true);
        visitors.writes(asking, false);
        seconds = 1;
        visitors.writes(deaf, true);

        seconds = 10.5;
        visitors.sweep();
        assertThat(silent.isClosed()).isTrue();
        assertThat(deaf.isClosed()).isFalse();

        seconds = 31.5;
        visitors.sweep();
        assertThat(deaf.isClosed()).isTrue();
        assertThat(asking.isClosed()).isFalse();
        assertThat(lifeline.isClosed()).isFalse();
    }

    /// A connection from that address.
    private static final class Line extends Socket {
        private final int from;

        Line(int from) {
            this.from = from;
        }

        @Override
        public InetAddress getInetAddress() {
            try {
                return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) from});
            } catch (UnknownHostException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }
}
