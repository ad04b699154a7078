package dev.pando.chaos.injection;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.Moment;
import dev.pando.chaos.faults.Phase;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Makes the faults of a script happen to a run, by wrapping what its workers work with.
///
/// ```java
/// Injection injection = Injection.of(FaultScript.parse("kill worker-2 at step 7"), 3, 20, 42, checkpoints);
/// Job job = Pando.start(config, injection);
/// // ...
/// injection.neverFired();
/// ```
///
/// One injection is for one run, in one process.
public final class Injection implements UnaryOperator<ReplicaFactory> {
    private final FaultScript script;
    private final Armory armory;
    private final Ruin ruin;
    private final Patience patience;
    private final Pause pause;

    private Injection(FaultScript script, Armory armory, Ruin ruin, Patience patience) {
        this.script = script;
        this.armory = armory;
        this.ruin = ruin;
        this.patience = patience;
        this.pause = new Pause(patience);
    }

    /// Arms a script for a run.
    ///
    /// @param workers of the run; what a script leaves open is decided among them
    /// @param steps of the run
    /// @param seed decides what a script leaves open
    /// @param checkpoints where the run's store keeps its checkpoints, for faults that damage files
    /// @param listener hears of each fault as it strikes, on the thread that it strikes
    /// @throws IllegalArgumentException with a sentence, if the script has a fault that cannot be injected
    public static Injection of(
            FaultScript script, int workers, long steps, long seed, Path checkpoints, Consumer<Firing> listener) {
        script.refusals().stream()
                .findFirst()
                .ifPresent(sentence -> {
                    throw new IllegalArgumentException(sentence);
                });
        FaultScript bound = script.bind(seed, workers, steps);
        return new Injection(bound, new Armory(bound, seed, listener), Ruin.ofFiles(checkpoints), new SystemPatience());
    }

    /// Arms a script whose targets and rates are decided already, in a world with a simulated clock and disk.
    ///
    /// Faults that no injector here can carry out, those of whole nodes, are left to that world.
    public static Injection in(FaultScript bound, long seed, Ruin ruin, Patience patience, Consumer<Firing> listener) {
        return new Injection(bound, new Armory(bound, seed, listener), ruin, patience);
    }

    /// A run to which nothing happens until a fault is added by [#arm].
    ///
    /// @param checkpoints where the run's store keeps its checkpoints
    /// @param listener hears of each fault as it strikes, on the thread that it strikes
    public static Injection open(long seed, Path checkpoints, Consumer<Firing> listener) {
        return in(FaultScript.NONE, seed, Ruin.ofFiles(checkpoints), new SystemPatience(), listener);
    }

    public static Injection of(FaultScript script, int workers, long steps, long seed, Path checkpoints) {
        return of(script, workers, steps, seed, checkpoints, firing -> {});
    }

    /// The faults of this run, nothing left open.
    public FaultScript script() {
        return script;
    }

    /// Adds a fault while the run goes on.
    ///
    /// @param fault of a worker or the store, with nothing left to chance
    public void arm(Fault fault) {
        armory.arm(fault);
    }

    /// What has struck, in order.
    public List<Firing> firings() {
        return armory.firings();
    }

    /// The newest step that any worker has got to.
    public long latestStep() {
        return armory.latestStep();
    }

    /// Faults that have not struck yet.
    public List<Fault> neverFired() {
        return armory.neverFired();
    }

    /// A worker's state is about to be copied, by a thread that is not its device's.
    ///
    /// @throws InjectedFailure if a fault strikes just there, whatever that is
    public void copying(String worker) {
        List<Armory.Strike> strikes = armory.strikes(worker, armory.latestStep(), Moment.in(Phase.COPY));
        if (!strikes.isEmpty()) {
            throw new InjectedFailure(worker + " in copy: " + strikes.getFirst().effect());
        }
    }

    @Override
    public ReplicaFactory apply(ReplicaFactory workbench) {
        return new FaultyWorkbench(workbench);
    }

    private final class FaultyWorkbench implements ReplicaFactory {
        private final ReplicaFactory workbench;

        private FaultyWorkbench(ReplicaFactory workbench) {
            this.workbench = workbench;
        }

        @Override
        public Replica replica(JobSpec job, String worker) {
            Replica sound = workbench.replica(job, worker);
            FaultyCollective collective = new FaultyCollective(sound.collective());
            Device device = new Device(worker, armory, pause, patience, sound.trainer(), collective);
            collective.isOn(device);
            build(device, sound);
            Trainer trainer = new PoisonedTrainer(sound.trainer(), step -> armory.isPoisoned(worker, step));
            return new Replica(new FaultyTrainer(trainer, collective, device), collective);
        }

        /// What is not built to its end leaves nothing behind.
        private static void build(Device device, Replica sound) {
            try {
                device.at(device.stepOfOthers(), Moment.in(Phase.BUILD), FaultyTrainer::nothing);
            } catch (RuntimeException | Error failure) {
                sound.trainer().close();
                sound.collective().close();
                throw failure;
            }
        }

        @Override
        public CheckpointStore checkpoints(JobSpec job) {
            return new FaultyStore(workbench.checkpoints(job), armory, ruin, patience);
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            return workbench.checkpointAttributes(job);
        }
    }
}
