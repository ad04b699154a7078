package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.collectives.memory.Format;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// All-reduces that go on while the caller does other things.
class PendingTest {
    private static final int LAYERS = 12;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCarryOutWhatWasBegunLayerByLayer(boolean sharing) {
        Arrangement arrangement = Arrangement.random(3, 7, new Random(4));

        try (Group group = Group.of(3, 2, TransportSettings.defaults().withSharing(sharing))) {
            group.enterAll(3);
            List<List<float[]>> layers = group.onAll(3, at -> reduceAll(group, at, arrangement));

            for (int layer = 0; layer < LAYERS; layer++) {
                float[] expected = Arrangement.sum(arrangement.tree().root(), elements(layer));
                for (List<float[]> ofMember : layers) {
                    assertThat(Arrays.equals(ofMember.get(layer), expected)).isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldEndAllThatIsPendingWhenANewerEpochIsEntered(boolean sharing) {
        ShardTree tree = new ShardTree(2);
        Arrangement two = new Arrangement(tree, List.of(List.of(new Node(0, 1)), List.of(new Node(1, 2))));

        try (Group group = Group.of(2, 1, TransportSettings.defaults().withSharing(sharing))) {
            group.enterAll(2);
            List<Communicator.Pending> pending = begin(group, 0, two);
            group.enterAll(2);

            assertThat(pending)
                    .allSatisfy(operation -> assertThat(operation.await()).isEqualTo(new Outcome.EpochOver(2)));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldThrowWhereItIsAwaitedWhatWasRefused(boolean sharing) {
        ShardTree tree = new ShardTree(3);
        Arrangement incomplete = new Arrangement(tree, List.of(List.of(new Node(0, 2))));

        try (Group group = Group.of(1, 1, TransportSettings.defaults().withSharing(sharing))) {
            group.enterAll(1);
            Communicator.Pending first = begin(group, 0, incomplete).getFirst();

            assertThatThrownBy(first::await).hasMessageContaining("no member holds batch shard 2");
        }
    }

    private static List<float[]> reduceAll(Group group, int member, Arrangement arrangement) {
        List<Group.Offer> offers =
                IntStream.range(0, LAYERS)
                        .mapToObj(layer -> group.offer(member, arrangement, elements(layer)))
                        .toList();
        List<Communicator.Pending> pending = new ArrayList<>();
        for (int layer = 0; layer < LAYERS; layer++) {
            pending.add(begin(group, member, arrangement, offers.get(layer), layer));
        }
        List<float[]> sums = new ArrayList<>();
        for (int layer = 0; layer < LAYERS; layer++) {
            assertThat(pending.get(layer).await()).isEqualTo(new Outcome.Done());
            sums.add(offers.get(layer).result().toArray(ValueLayout.JAVA_FLOAT));
        }
        return sums;
    }

    private static List<Communicator.Pending> begin(Group group, int member, Arrangement arrangement) {
        return IntStream.range(0, 3)
                .mapToObj(number -> begin(group, member, arrangement, group.offer(member, arrangement, 5_000), number))
                .toList();
    }

    private static Communicator.Pending begin(
            Group group, int member, Arrangement arrangement, Group.Offer offer, int number) {
        return group.communicator(member)
                .begin(
                        Group.PATIENT,
                        group.operation(number),
                        arrangement.tree(),
                        offer.partials(),
                        offer.result(),
                        Format.FLOAT32);
    }

    private static int elements(int layer) {
        return layer * 1_709;
    }
}
