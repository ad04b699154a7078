package dev.pando.actors.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class QuorumTest {
    private static final long SECOND_NS = 1_000_000_000;

    private final Set<String> members = new HashSet<>(List.of(at(1), at(2), at(3)));
    private final Set<String> unreachable = new HashSet<>();
    private final Map<String, Long> heardNs = new HashMap<>();
    private long nowNs = SECOND_NS;
    private final Quorum quorum =
            new Quorum(
                    new ClusterView() {
                        @Override
                        public String here() {
                            return at(1);
                        }

                        @Override
                        public Set<String> members() {
                            return members;
                        }

                        @Override
                        public Set<String> unreachable() {
                            return unreachable;
                        }

                        @Override
                        public Set<String> quiet(Duration duration) {
                            return members.stream()
                                    .filter(node -> nowNs - heardNs.getOrDefault(node, nowNs) > duration.toNanos())
                                    .collect(Collectors.toSet());
                        }
                    },
                    () -> nowNs);

    private static String at(int host) {
        return "pekko://pando@10.0.0." + host + ":7000";
    }

    @Test
    void shouldBeHeldWhileTheMajorityIsHere() {
        quorum.silent(at(3));

        assertThat(quorum.isHeld()).isTrue();
    }

    @Test
    void shouldNotBeHeldByAMinority() {
        quorum.silent(at(2));
        unreachable.add(at(3));

        assertThat(quorum.isHeld()).isFalse();
    }

    /// A supervisor that computes all shards on its own node asks no other node, and learns of no silence.
    @Test
    void shouldNotBeHeldWhileTheMajorityHasSentNoHeartbeatAndNobodyIsSuspectedYet() {
        heardNs.put(at(2), nowNs - 4 * SECOND_NS);
        assertThat(quorum.isHeld()).isTrue();

        heardNs.put(at(3), nowNs - 4 * SECOND_NS);
        assertThat(quorum.isHeld()).isFalse();

        heardNs.put(at(2), nowNs);
        assertThat(quorum.isHeld()).isTrue();
    }

    /// It may be cut off together with the silent one, and computes nothing that would tell.
    @Test
    void shouldNotCountWhoHasNotBeenHeardOfSinceSomebodyFellSilent() {
        heardNs.put(at(3), nowNs);
        nowNs += SECOND_NS / 10;
        quorum.silent(at(2));
        nowNs += SECOND_NS / 10;
        assertThat(quorum.isHeld()).isFalse();

        heardNs.put(at(3), nowNs);
        assertThat(quorum.isHeld()).isTrue();
    }

    @Test
    void shouldCountWhoSpeaksAfterSomebodyFellSilent() {
        heardNs.put(at(3), nowNs);
        quorum.silent(at(2));
        nowNs += SECOND_NS / 10;

        quorum.heard(at(3));

        assertThat(quorum.isHeld()).isTrue();
    }

    @Test
    void shouldNotBeHeldByHalf() {
        members.remove(at(3));

        quorum.silent(at(2));

        assertThat(quorum.isHeld()).isFalse();
    }

    @Test
    void shouldBeHeldAgainWhenTheSilentOneSpeaksOrIsRemoved() {
        quorum.silent(at(2));
        quorum.silent(at(3));

        quorum.heard(at(2));
        assertThat(quorum.isHeld()).isTrue();

        quorum.silent(at(2));
        members.remove(at(2));
        assertThat(quorum.isHeld()).isFalse();
        members.remove(at(3));
        assertThat(quorum.isHeld()).isTrue();
    }

    @Test
    void shouldNotDoubtNodesOfItsOwnHost() {
        members.add("pekko://pando@10.0.0.1:7001");
        members.add("pekko://pando@10.0.0.1:7002");
        members.removeAll(List.of(at(2), at(3)));

        quorum.silent("pekko://pando@10.0.0.1:7001");
        quorum.silent("pekko://pando@10.0.0.1:7002");

        assertThat(quorum.isHeld()).isTrue();
    }
}
