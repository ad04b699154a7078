package dev.pando.chaos.simulation.world;

import dev.pando.chaos.injection.Ruin;
import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Wait;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// The checkpoints of a simulated world, which outlive its nodes: writing takes its time, and what is published is
/// published in one act.
final class SimulatedDisk implements Ruin {
    private static final int WRITE = 31;
    private static final long WRITE_NS = 500_000_000;
    private static final long READ_NS = 100_000_000;

    private record Kept(CheckpointStore.Saved saved, List<byte[]> spans) {}

    private final Engine engine;
    private final List<Kept> kept = new ArrayList<>();
    private final Set<String> ruined = new TreeSet<>();
    private long written;

    SimulatedDisk(Engine engine) {
        this.engine = engine;
    }

    CheckpointStore open() {
        return new Store();
    }

    @Override
    public void tear(String checkpoint, long dice) {
        ruined.add(checkpoint);
    }

    @Override
    public void flipBit(String checkpoint, long dice) {
        ruined.add(checkpoint);
    }

    private final class Store implements CheckpointStore {
        @Override
        public Saved save(TrainerState state, Map<String, String> attributes) {
            List<byte[]> spans = new ArrayList<>();
            long takesNs = WRITE_NS / 4 + Long.remainderUnsigned(engine.dice(WRITE, written++), WRITE_NS);
            for (TrainerState.Span span : state.spans()) {
                Wait.sleep(engine, takesNs / state.spans().size());
                spans.add(span.data().toArray(ValueLayout.JAVA_BYTE));
            }
            long again = kept.stream().filter(each -> each.saved().step() == state.step()).count();
            String id = "step-" + state.step() + (again == 0 ? "" : "-" + again);
            Saved saved = new Saved(id, state.step(), state.history(), attributes, 0);
            kept.add(new Kept(saved, spans));
            return saved;
        }

        @Override
        public List<Saved> list() {
            return kept.reversed().stream().map(Kept::saved).toList();
        }

        @Override
        public Newest newest() {
            Wait.sleep(engine, READ_NS);
            List<String> damaged = new ArrayList<>();
            Optional<Saved> newest = Optional.empty();
            for (Kept each : byStep()) {
                if (ruined.contains(each.saved().id())) {
                    damaged.add("checkpoint " + each.saved().id() + " is damaged");
                } else {
                    newest = Optional.of(each.saved());
                    break;
                }
            }
            return new Newest(newest, damaged);
        }

        private List<Kept> byStep() {
            return kept.reversed().stream()
                    .sorted((one, other) -> Long.compare(other.saved().step(), one.saved().step()))
                    .toList();
        }

        @Override
        public void load(Saved saved, List<TrainerState.Span> into) {
            Wait.sleep(engine, READ_NS);
            if (ruined.contains(saved.id())) {
                throw new CheckpointException("checkpoint " + saved.id() + " is damaged");
            }
            Kept found = kept.stream().filter(each -> each.saved().id().equals(saved.id())).findFirst().orElseThrow();
            for (int i = 0; i < into.size(); i++) {
                into.get(i).data().copyFrom(MemorySegment.ofArray(found.spans().get(i)));
            }
        }

        @Override
        public void close() {}
    }
}
