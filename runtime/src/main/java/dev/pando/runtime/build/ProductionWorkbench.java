package dev.pando.runtime.build;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.checkpoint.Checkpoints;
import dev.pando.collectives.Transport;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.job.MemoryUse;
import dev.pando.runtime.job.Preparation;
import dev.pando.runtime.settings.BitShapingKeys;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.data.DataException;
import dev.pando.training.data.PackedSampler;
import dev.pando.training.data.PreparedData;
import dev.pando.training.data.Progress;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.Sampler;
import dev.pando.training.step.Trainer;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The parts that a node really trains with: text on disk, an InternLM2 model on the CPU or a GPU, Aeron, checkpoints
/// in a folder.
///
/// Of one job. What the replicas of a node share (data, transport) is opened once, by [#prepare].
public final class ProductionWorkbench implements ReplicaFactory, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProductionWorkbench.class);
    private static final String CONFIG = "config";
    private static final String DATA = "data";
    private static final String DEVICE = "device";
    private static final String SAMPLER = "sampler"; // for people: equal where every token of every step is

    private final Settings settings;
    private final OpenReplicas open = new OpenReplicas();
    private PreparedData data;
    private Sampler sampler;
    private final Map<String, Devices.Opened> opened = new ConcurrentSkipListMap<>(); // by worker, the newest replica
    private Transport transport;
    private boolean transportIsShared;

    public ProductionWorkbench(Settings settings) {
        this.settings = settings;
    }

    /// Prepares the data and checks it, and the checkpoints, against each other and the config. Slow, and the first
    /// thing.
    ///
    /// @param resume true: resume from the job's checkpoints; false: there must be none
    public void prepare(boolean resume, Preparation progress) {
        Devices.check(settings);
        prepareData(resume, progress);
        transport = Transport.start(TransportSettings.defaults());
    }

    /// The same for a job that is trained elsewhere.
    public void prepareData(boolean resume, Preparation progress) {
        Optional<Saved> newest = newest(progress);
        if (newest.isPresent() && !resume) {
            throw new UserError(
                    settings.checkpoint().place()
                            + " holds checkpoints already: continue from them with --resume, or set"
                            + " another pando.job.checkpoint.folder");
        }
        if (newest.isEmpty()) {
            newest = settings.start().run().map(run -> takeOver(run, progress));
        }
        newest.ifPresent(this::checkKind);
        settings.start().model().ifPresent(model -> Beginning.check(model, settings));
        data = newest.isPresent() ? dataOf(newest.get(), progress) : PreparedData.prepare(settings.data(), progress);
        int known = data.tokenizer().vocabularySize();
        int vocabulary = settings.model().shape().vocabulary();
        if (known > vocabulary) {
            throw new UserError(
                    "pando.job.model.vocabulary is "
                            + vocabulary
                            + " and the tokenizer has "
                            + known
                            + " tokens; set it to "
                            + known
                            + " or more");
        }
        sampler = sampler();
    }

    /// The same on a node that a job was sent to: the sender has prepared and checked.
    ///
    /// @param transport of the node, which outlives the job
    static ProductionWorkbench onNode(JobSpec job, Transport transport) {
        ProductionWorkbench workbench = new ProductionWorkbench(Settings.parse(job.config()));
        workbench.data = workbench.dataOnNode(job);
        workbench.sampler = workbench.sampler();
        workbench.transport = transport;
        workbench.transportIsShared = true;
        return workbench;
    }

    private PreparedData dataOnNode(JobSpec job) {
        try {
            return PreparedData.open(settings.data().prepared(), job.data());
        } catch (DataException absent) {
            throw new UserError(
                    absent.getMessage()
                            + "; the hosts of a grove share the folder pando.job.data.prepared ("
                            + settings.data().prepared().toAbsolutePath()
                            + "), and the job's checkpoints",
                    absent);
        }
    }

    private Sampler sampler() {
        var batch = settings.batch();
        return new PackedSampler(data, settings.seed(), batch.microbatchesOfStep(), batch.rows(), batch.length());
    }

    public PreparedData data() {
        return data;
    }

    @Override
    public Replica replica(JobSpec job, String worker) {
        try {
            return build(job, worker);
        } catch (UserError mistake) {
            throw new Refusal(mistake.getMessage(), mistake);
        } catch (OutOfMemoryError full) {
            throw new Refusal(
                    "there is too little memory for a replica of " + job.id() + " on this node: " + full.getMessage(),
                    full);
        }
    }

    private Replica build(JobSpec job, String worker) {
        refuseOtherKind(job, Devices.kind(settings));
        Deque<Runnable> undo = new ArrayDeque<>(); // what was opened, the last first
        try {
            Arena arena = Arena.ofShared();
            undo.push(arena::close);
            Devices.Opened device = Devices.open(settings, worker, arena);
            undo.push(() -> device.ops().close()); // a GPU's memory is worth giving back
            Collective collective = transport.join(worker);
            undo.push(collective::close);
            ModelTrainer trainer = trainer(device);
            Trainer owner = open.owning(trainer, arena);
            undo.clear();
            undo.push(owner::close);
            undo.push(collective::close);
            opened.put(worker.split("#", 2)[0], device); // in the place of the incarnation before
            settings.start().model().ifPresent(model -> Beginning.load(model, settings, trainer));
            return new Replica(owner, collective);
        } catch (RuntimeException | OutOfMemoryError failed) {
            undo.forEach(Runnable::run);
            throw failed;
        }
    }

    /// Memory of the replica that holds most; empty before the first.
    public Optional<MemoryUse> memory() {
        return opened.values().stream()
                .max(Comparator.comparingLong(device -> device.held().get().bytes()))
                .map(Devices.Opened::use);
    }

    public static void refuseOtherKind(JobSpec job, String kind) {
        if (!job.device().isEmpty() && !job.device().equals(kind)) {
            throw new UserError(
                    "job "
                            + job.id()
                            + " is computed on "
                            + job.device()
                            + ", and here it would be "
                            + kind
                            + ", with other bits: this node takes no part in that job, unless the job is submitted"
                            + " with same-bits=false");
        }
    }

    private ModelTrainer trainer(Devices.Opened device) {
        return settings.optimizerCopies() > 0 ? shardedTrainer(device) : replicatedTrainer(device);
    }

    private ModelTrainer shardedTrainer(Devices.Opened device) {
        return ModelTrainer.sharded(
                settings.model().shape(),
                settings.model().keeping(),
                settings.optimizer(),
                settings.batch(),
                sampler,
                settings.seed(),
                device.ops(),
                device.memory());
    }

    private ModelTrainer replicatedTrainer(Devices.Opened device) {
        return new ModelTrainer(
                settings.model().shape(),
                settings.model().keeping(),
                settings.optimizer(),
                settings.batch(),
                sampler,
                settings.seed(),
                device.ops(),
                device.memory());
    }

    @Override
    public CheckpointStore checkpoints(JobSpec job) {
        return open();
    }

    @Override
    public Map<String, String> checkpointAttributes(JobSpec job) {
        String kind = Devices.kind(settings);
        return Map.of(CONFIG, settings.render(), DATA, data.digest(), SAMPLER, sampler.digest(), DEVICE, kind);
    }

    @Override
    public void close() {
        memory().ifPresent(use -> LOG.info("{}: {}", settings.name(), use.sentence()));
        if (!open.awaitNone()) {
            return; // a thread that hangs may wake up in this memory: better to leak it than to break the JVM
        }
        if (transport != null && !transportIsShared) {
            transport.close();
        }
        if (data != null) {
            data.close();
        }
    }

    private Checkpoints open() {
        return Checkpoints.in(settings.checkpoint().place(), settings.name(), settings.checkpoint().storage());
    }

    private Optional<Saved> newest(Preparation told) {
        try (Checkpoints checkpoints = open()) {
            return LongCall.WATCHED.telling(
                    told, checkpoints::waitingReason, () -> checkpoints.list().stream().findFirst());
        }
    }

    /// The state that this run continues from, as its first checkpoint.
    private Saved takeOver(Path run, Preparation told) {
        Settings theirs = RunFolder.settings(run);
        BitShapingKeys.firstDifferenceFromHere(theirs, settings)
                .or(() -> BitShapingKeys.firstDifferenceOfData(theirs, settings))
                .ifPresent(difference -> {
                    throw new UserError(difference.sentence(run.toString()));
                });
        try (Checkpoints from = Checkpoints.of(theirs.checkpoint().place());
                Checkpoints to = open()) {
            Saved saved =
                    LongCall.WATCHED
                            .telling(told, from::waitingReason, from::newest)
                            .saved()
                            .orElseThrow(() -> new UserError(run + " has no valid checkpoint to continue from"));
            Map<String, String> attributes = new HashMap<>(saved.attributes());
            attributes.put(CONFIG, settings.render());
            return LongCall.WATCHED.telling(told, to::waitingReason, () -> to.adopt(from, saved, attributes));
        }
    }

    /// The kind is unknown of a checkpoint from elsewhere, and of a device on another node.
    private void checkKind(Saved saved) {
        String then = saved.attributes().getOrDefault(DEVICE, "");
        String now = Devices.kind(settings);
        if (settings.sameBits() && !then.isEmpty() && !now.isEmpty() && !then.equals(now)) {
            throw new UserError(
                    "the checkpoint "
                            + saved.id()
                            + " was computed on "
                            + then
                            + ", and here it would be "
                            + now
                            + ", with other bits; continue on a machine of that kind, or accept other bits"
                            + " from here by --set same-bits=false");
        }
    }

    /// A run keeps the tokens that it began with, whatever has happened to the text since.
    private PreparedData dataOf(Saved saved, Progress progress) {
        String where = "the checkpoint " + saved.id();
        String config = saved.attributes().get(CONFIG);
        String digest = saved.attributes().get(DATA);
        if (config == null || digest == null) {
            throw new UserError(
                    where
                            + " in "
                            + settings.checkpoint().place()
                            + " is not of a training run; set another pando.job.checkpoint.folder");
        }
        Settings then = Settings.parse(config);
        BitShapingKeys.firstDifference(then, settings)
                .or(() -> BitShapingKeys.firstDifferenceOfData(then, settings))
                .ifPresent(difference -> {
                    throw new UserError(difference.sentence(where));
                });
        try {
            return PreparedData.open(settings.data().prepared(), digest);
        } catch (DataException gone) {
            PreparedData again = PreparedData.prepare(settings.data(), progress);
            if (again.digest().equals(digest)) {
                return again;
            }
            again.close();
            throw new UserError(
                    gone.getMessage()
                            + "; and the text under pando.job.data.paths has changed since "
                            + where
                            + " was written, so that it cannot be prepared again",
                    gone);
        }
    }
}
