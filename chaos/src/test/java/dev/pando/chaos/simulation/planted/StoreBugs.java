package dev.pando.chaos.simulation.planted;

import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.ForwardingCheckpointStore;
import dev.pando.training.step.TrainerState;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Stores that break a promise.
final class StoreBugs {
    private StoreBugs() {}

    static final class WithoutSecondMoments extends ForwardingCheckpointStore {
        WithoutSecondMoments(CheckpointStore store) {
            super(store);
        }

        @Override
        public void load(Saved saved, List<TrainerState.Span> into) {
            super.load(saved, into);
            into.stream()
                    .filter(span -> span.name().startsWith("exp_avg_sq/"))
                    .forEach(span -> span.data().fill((byte) 0));
        }
    }

    /// A checkpoint that is still its writer's memory.
    record Kept(String id, TrainerState state) {}

    static final class Live extends ForwardingCheckpointStore {
        private final List<Kept> kept;

        Live(CheckpointStore store, List<Kept> kept) {
            super(store);
            this.kept = kept;
        }

        @Override
        public Saved save(TrainerState state, Map<String, String> attributes) {
            Saved saved = super.save(state, attributes);
            kept.add(new Kept(saved.id(), state));
            return saved;
        }

        @Override
        public void load(Saved saved, List<TrainerState.Span> into) {
            super.load(saved, into);
            Optional<Kept> live = kept.stream().filter(each -> each.id().equals(saved.id())).findFirst();
            live.ifPresent(found -> {
                for (int i = 0; i < into.size(); i++) {
                    into.get(i).data().copyFrom(found.state().spans().get(i).data());
                }
            });
        }
    }

    static final class Older extends ForwardingCheckpointStore {
        Older(CheckpointStore store) {
            super(store);
        }

        @Override
        public void load(Saved saved, List<TrainerState.Span> into) {
            List<Saved> all = list();
            int asked = all.indexOf(saved);
            super.load(asked >= 0 && asked + 1 < all.size() ? all.get(asked + 1) : saved, into);
        }
    }

    static final class Unverified extends ForwardingCheckpointStore {
        Unverified(CheckpointStore store) {
            super(store);
        }

        @Override
        public Newest newest() {
            super.newest();
            return new Newest(list().stream().findFirst(), List.of());
        }
    }
}
