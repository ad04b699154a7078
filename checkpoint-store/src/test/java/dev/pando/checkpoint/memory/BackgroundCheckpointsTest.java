package dev.pando.checkpoint.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.States;
import dev.pando.checkpoint.memory.BackgroundCheckpoints.Outcome;
import dev.pando.checkpoint.memory.BackgroundCheckpoints.Taken;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.TrainerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BackgroundCheckpointsTest {
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(30);

    /// A store whose disk is as slow as the test wants, and that remembers what it was given.
    private static final class SlowStore implements CheckpointStore {
        final Semaphore begun = new Semaphore(0);
        final Semaphore go = new Semaphore(0);
        final List<TrainerState> saved = new ArrayList<>();
        volatile RuntimeException failure;

        @Override
        public Saved save(TrainerState state, Map<String, String> attributes) {
            begun.release();
            go.acquireUninterruptibly();
            if (failure != null) {
                throw failure;
            }
            TrainerState kept = States.zeros(state.step());
            for (int i = 0; i < kept.spans().size(); i++) {
                kept.spans().get(i).data().copyFrom(state.spans().get(i).data());
            }
            saved.add(kept);
            return new Saved("step-" + state.step(), state.step(), state.history(), attributes, 0);
        }

        @Override
        public List<Saved> list() {
            return List.of();
        }

        @Override
        public Newest newest() {
            return new Newest(Optional.empty(), List.of());
        }

        @Override
        public void load(Saved saved, List<TrainerState.Span> into) {}

        @Override
        public void close() {}
    }

    private final SlowStore store = new SlowStore();

    private static Outcome outcome(Taken taken) throws Exception {
        return taken.outcome().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static void change(TrainerState state) {
        state.spans().forEach(span -> span.data().fill((byte) 1));
    }

    @Test
    void shouldWriteTheStateAsItWasWhenItWasTaken() throws Exception {
        TrainerState state = States.after(3);
        try (BackgroundCheckpoints background = new BackgroundCheckpoints(store, state, 3)) {
            Taken taken = background.take(state, Map.of());
            taken.awaitCopied(DEADLINE_NS);
            change(state);
            store.go.release();

            assertThat(outcome(taken)).isInstanceOf(Outcome.Durable.class);
        }
        States.assertSame(store.saved.getFirst(), States.after(3));
    }

    @Test
    void shouldFinishWhatIsBeingWrittenAndWriteOnlyTheNewestOfTheRest() throws Exception {
        List<Taken> taken = new ArrayList<>();
        try (BackgroundCheckpoints background = new BackgroundCheckpoints(store, States.zeros(0), 2)) {
            for (long step = 1; step <= 5; step++) {
                taken.add(background.take(States.after(step), Map.of()));
                taken.getLast().awaitCopied(DEADLINE_NS);
                if (step == 1) {
                    store.begun.acquire(); // the others come while it is written
                }
            }
            store.go.release(2);

            assertThat(outcome(taken.get(4))).isInstanceOf(Outcome.Durable.class);
            for (int step = 2; step <= 4; step++) {
                assertThat(outcome(taken.get(step - 1))).isEqualTo(new Outcome.Superseded(step));
            }
        }
        assertThat(store.saved).extracting(TrainerState::step).containsExactly(1L, 5L);
        States.assertSame(store.saved.getLast(), States.after(5));
    }

    @Test
    void shouldGoOnAfterACheckpointThatCouldNotBeWritten() throws Exception {
        try (BackgroundCheckpoints background = new BackgroundCheckpoints(store, States.zeros(0), 1)) {
            store.failure = new CheckpointStore.CheckpointException("the disk is full");
            store.go.release(10);
            Taken first = background.take(States.after(1), Map.of());
            first.awaitCopied(DEADLINE_NS);
            assertThatThrownBy(() -> outcome(first))
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseMessage("the disk is full");

            store.failure = null;
            Taken second = background.take(States.after(2), Map.of());
            second.awaitCopied(DEADLINE_NS);

            assertThat(outcome(second)).isInstanceOf(Outcome.Durable.class);
        }
    }

    @Test
    void shouldWriteWhatWaitsBeforeItCloses() {
        store.go.release(10);
        try (BackgroundCheckpoints background = new BackgroundCheckpoints(store, States.zeros(0), 2)) {
            background.take(States.after(7), Map.of());
        }

        assertThat(store.saved).extracting(TrainerState::step).containsExactly(7L);
    }

    @Test
    void shouldSayWhoKeepsItFromEnding() throws Exception {
        BackgroundCheckpoints background = new BackgroundCheckpoints(store, States.zeros(0), 1);
        background.take(States.after(1), Map.of()).awaitCopied(DEADLINE_NS);
        store.begun.acquire(); // and never comes to an end

        assertThatThrownBy(() -> background.close(Duration.ofMillis(1), Duration.ofMillis(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("pando-checkpoint-writer has not ended");

        store.go.release();
        background.close();
        assertThat(store.saved).hasSize(1);
    }

    @Test
    void shouldRefuseAStateOfOtherTensors() {
        try (BackgroundCheckpoints background = new BackgroundCheckpoints(store, States.zeros(0), 1)) {
            TrainerState other = new TrainerState(1, States.history(1), States.after(1).spans().subList(0, 3));

            assertThatThrownBy(() -> background.take(other, Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("step 1: these are not the tensors that were announced");
        }
    }
}
