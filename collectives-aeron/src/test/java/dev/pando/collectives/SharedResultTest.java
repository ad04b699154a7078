package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Results that members hold together, when members come and go.
class SharedResultTest {
    private static final int ELEMENTS = 9_001;

    private final Arrangement three =
            new Arrangement(
                    new ShardTree(3),
                    List.of(List.of(new Node(0, 1)), List.of(new Node(1, 2)), List.of(new Node(2, 3))));

    private Group group;

    @BeforeEach
    void start() {
        group = Group.of(3, 2, TransportSettings.defaults());
    }

    @AfterEach
    void stop() {
        group.close();
    }

    @Test
    void shouldHoldTheSumOfWhoeverIsThere() {
        for (int members = 3; members > 0; members--) {
            Arrangement arrangement = Arrangement.random(members, 5, new Random(members));
            group.enterAll(members);

            List<float[]> results = reduce(arrangement, members);

            float[] expected = Arrangement.sum(arrangement.tree().root(), ELEMENTS);
            assertThat(results).allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
        }
    }

    @Test
    void shouldTellAMemberThatWasLeftBehindThatItsResultMayHaveChanged() {
        group.enterAll(3);
        reduce(three, 3);
        boolean before = group.communicator(2).isIntact();

        group.enterAll(2);
        reduce(Arrangement.random(2, 4, new Random(1)), 2);

        assertThat(before).isTrue();
        assertThat(group.communicator(2).isIntact()).isFalse();
        assertThat(group.communicator(0).isIntact()).isTrue();
    }

    @Test
    void shouldKeepTheResultWhenAMemberHasLeft() {
        group.enterAll(3);
        reduce(three, 3);

        group.member(1).leave();

        float[] expected = Arrangement.sum(three.tree().root(), ELEMENTS);
        assertThat(result(0).toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(expected);
        assertThat(group.communicator(0).isIntact()).isTrue();
    }

    @Test
    void shouldNotLetTheCallerWriteIt() {
        MemorySegment result = result(0);

        assertThatThrownBy(() -> result.set(ValueLayout.JAVA_FLOAT, 0, 1)).isInstanceOf(RuntimeException.class);
    }

    private MemorySegment result(int member) {
        return group.sharedResult(member).asSlice(0, ELEMENTS * Float.BYTES);
    }

    private List<float[]> reduce(Arrangement arrangement, int members) {
        return group.onAll(
                members,
                at -> {
                    Group.Offer offer = group.offer(at, arrangement, ELEMENTS);
                    Outcome outcome =
                            group.member(at)
                                    .allReduce(
                                            Group.PATIENT,
                                            group.operation(0),
                                            arrangement.tree(),
                                            offer.partials(),
                                            result(at));
                    assertThat(outcome).isEqualTo(new Outcome.Done());
                    return result(at).toArray(ValueLayout.JAVA_FLOAT);
                });
    }
}
