package dev.pando.checkpoint;

import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Doors;
import dev.pando.checkpoint.format.HashingPool;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.Matching;
import dev.pando.checkpoint.format.Shapes;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.huggingface.ModelDirectory;
import dev.pando.checkpoint.huggingface.ModelExport;
import dev.pando.checkpoint.huggingface.ModelLayout;
import dev.pando.checkpoint.huggingface.ModelTensor;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.io.LocalDisk;
import dev.pando.checkpoint.io.MachineClock;
import dev.pando.checkpoint.io.RateLimiter;
import dev.pando.checkpoint.io.Sha256;
import dev.pando.checkpoint.io.UnknownFormatException;
import dev.pando.checkpoint.storage.CheckpointPlace;
import dev.pando.checkpoint.storage.FolderStorage;
import dev.pando.checkpoint.storage.PassingFile;
import dev.pando.checkpoint.storage.S3Clients;
import dev.pando.checkpoint.storage.S3Errors;
import dev.pando.checkpoint.storage.S3Location;
import dev.pando.checkpoint.storage.S3Outages;
import dev.pando.checkpoint.storage.S3Storage;
import dev.pando.checkpoint.storage.Storage;
import dev.pando.checkpoint.storage.StorageErrors;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/// A job's checkpoints in one place: saves them, finds the newest that is sound, loads it, and clears old ones away.
///
/// Safe to call from several threads, and beside other processes on the same place.
// Long because all that a store is asked for meets here.
public final class Checkpoints implements CheckpointStore {
    /// How long one who only looks waits for a server that does not answer.
    private static final Duration LOOKING = Duration.ofSeconds(20);

    private final Storage storage;
    private final String job;
    private final CheckpointSettings settings;
    private final HashingPool workers; // beside training
    private final HashingPool readers; // while nothing is trained
    private final Catalog catalog;
    private final Publisher publisher;
    private final RateLimiter pace;
    private final AtomicBoolean swept = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    Checkpoints(Storage storage, String job, CheckpointSettings settings) {
        this.storage = storage;
        this.job = job;
        this.settings = settings;
        this.workers = new HashingPool("checkpoint", settings.threads(), settings.chunkBytes(), 0);
        this.readers = new HashingPool("restore", storage.readers(), settings.chunkBytes(), storage.leastToShare());
        this.catalog = new Catalog(storage, workers, readers, job);
        this.pace = new RateLimiter(settings.bytesPerSecond(), new MachineClock(closed));
        this.publisher = new Publisher(storage, workers, catalog, settings, pace);
    }

    /// Opens a job's checkpoints in a folder, which need not be there yet, and clears what killed writers left in it.
    public static Checkpoints in(Path folder, String job, CheckpointSettings settings) {
        Checkpoints checkpoints = new Checkpoints(new FolderStorage(new LocalDisk(), folder), job, settings);
        checkpoints.sweep();
        return checkpoints;
    }

    /// Opens a job's checkpoints in a folder or a bucket.
    public static Checkpoints in(CheckpointPlace place, String job, CheckpointSettings settings) {
        return switch (place) {
            case CheckpointPlace.Folder folder -> in(folder.path(), job, settings);
            case S3Location bucket -> in(bucket, job, settings);
        };
    }

    /// Opens a place to look at it, whosever checkpoints they are; nothing can be saved.
    public static Checkpoints of(CheckpointPlace place) {
        return switch (place) {
            case CheckpointPlace.Folder folder -> of(folder.path());
            case S3Location bucket -> of(bucket);
        };
    }

    /// Opens a job's checkpoints in an S3 bucket, which must be there.
    public static Checkpoints in(S3Location place, String job, CheckpointSettings settings) {
        return new Checkpoints(bucket(place, settings), job, settings);
    }

    private static Storage bucket(S3Location place, CheckpointSettings settings) {
        if (!hasClient()) {
            throw new CheckpointException(
                    "cannot reach "
                            + place
                            + ": AWS's client is not on the class path; add software.amazon.awssdk:s3 and"
                            + " software.amazon.awssdk:url-connection-client");
        }
        try {
            S3Outages outages = new S3Outages();
            return new S3Storage(
                    S3Errors.calling(place.toString(), () -> S3Clients.of(place, outages)),
                    outages,
                    place,
                    settings.threads());
        } catch (IOException failed) {
            throw new CheckpointException("cannot reach " + place + ": " + StorageErrors.reason(failed), failed);
        }
    }

    /// An embedding program that keeps its checkpoints in folders need not have it.
    private static boolean hasClient() {
        try {
            Class.forName("software.amazon.awssdk.services.s3.S3Client", false, Checkpoints.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }

    /// Opens a place in S3 to look at it, whosever checkpoints they are; nothing can be saved.
    public static Checkpoints of(S3Location place) {
        return new Checkpoints(
                bucket(place.patient(LOOKING), CheckpointSettings.DEFAULT), null, CheckpointSettings.DEFAULT);
    }

    /// Opens a folder to look at it, whosever checkpoints they are; nothing can be saved.
    public static Checkpoints of(Path folder) {
        return new Checkpoints(new FolderStorage(new LocalDisk(), folder), null, CheckpointSettings.DEFAULT);
    }

    void sweep() {
        try {
            swept.set(true);
            storage.sweep();
        } catch (IOException unwritable) {
            // reading may still go well, and a writer that meets the same fault will say so
        }
    }

    @Override
    public Saved save(TrainerState state, Map<String, String> attributes) {
        return save(state.step(), state.history(), Doors.parts(state.spans()), attributes).saved();
    }

    /// As [#save], of tensors that may be held in parts; says also what it cost.
    public Written save(long step, LossHistory history, List<TensorPart> parts, Map<String, String> attributes) {
        long bytes = parts.stream().mapToLong(part -> part.data().byteSize()).sum();
        try {
            catalog.refuseForeign();
            Publisher.Published published = publisher.publish(occasion(step, history, attributes), parts);
            retain(published.name());
            return new Written(Catalog.saved(published.name(), published.manifest()), published.writtenBytes());
        } catch (IOException failed) {
            throw StorageErrors.notSaved(step, storage.where(), bytes, failed);
        } catch (CorruptCheckpointException impossible) {
            throw new AssertionError("hashing memory", impossible);
        }
    }

    /// @param writtenBytes of tensors; the others were there already, unchanged
    public record Written(Saved saved, long writtenBytes) {}

    private Publisher.Occasion occasion(long step, LossHistory history, Map<String, String> attributes)
            throws IOException {
        if (job == null) {
            throw new IllegalStateException("opened to look at, not to save");
        }
        if (step < 0) {
            throw new IllegalArgumentException("a state after " + step + " steps");
        }
        return new Publisher.Occasion(job, step, history, catalog.parentOf(step), new TreeMap<>(attributes));
    }

    private void retain(String justSaved) {
        try {
            catalog.retain(settings.keep(), justSaved);
            if (swept.compareAndSet(false, true)) { // where listing is slow it is not done at once
                storage.sweep();
            }
        } catch (IOException failed) {
            // the new checkpoint is safe; what could not be removed now is tried again after the next one
        }
    }

    /// Begins a checkpoint that several nodes write and this one commits.
    public SharedCheckpoint begin(long step, LossHistory history, Map<String, String> attributes) {
        try {
            Publisher.Occasion occasion = occasion(step, history, attributes);
            catalog.refuseForeign();
            byte[] text =
                    (job + "\n" + step + "\n" + history.sha256() + "\n" + occasion.attributes())
                            .getBytes(StandardCharsets.UTF_8);
            String digest = Sha256.hex(text, 0, text.length).substring(0, 12);
            int copy =
                    catalog.newestFirst().stream()
                            .filter(name -> CheckpointName.stepOf(name) == step)
                            .mapToInt(CheckpointName::copyOf)
                            .max()
                            .orElse(0);
            String name = new CheckpointName(step, digest, copy + 1).toString();
            return new SharedCheckpoint(storage, publisher, occasion, name, storage.draft(name, 0), this::retain);
        } catch (IOException failed) {
            throw StorageErrors.notSaved(step, storage.where(), 0, failed);
        }
    }

    /// Writes this node's parts of a checkpoint that another node began. When it returns they are durable.
    public Contribution contribute(String ticket, List<TensorPart> parts) {
        try (Storage.Draft draft = storage.join(ticket)) {
            return publisher.contribute(draft, parts);
        } catch (IOException failed) {
            throw new CheckpointException(
                    "a part of a checkpoint was not written to "
                            + storage.where()
                            + ": "
                            + StorageErrors.reason(failed),
                    failed);
        } catch (CorruptCheckpointException impossible) {
            throw new AssertionError("hashing memory", impossible);
        }
    }

    @Override
    public List<Saved> list() {
        return reading(catalog::list);
    }

    @Override
    public Newest newest() {
        return reading(catalog::newest);
    }

    @Override
    public void load(Saved saved, List<TrainerState.Span> into) {
        load(saved, Doors.parts(into), false);
    }

    /// Fills the spans and leaves the rest of the checkpoint unread: the weights alone, for one who only generates.
    public void loadOnly(Saved saved, List<TrainerState.Span> into) {
        load(saved, Doors.parts(into), true);
    }

    /// Fills parts, however the tensors were cut when they were saved. Reads only what belongs to them.
    public void loadParts(Saved saved, List<TensorPart> into) {
        load(saved, into, true);
    }

    @Override
    public Optional<String> scrub() {
        if (!settings.scrub()) {
            return Optional.empty();
        }
        try {
            return catalog.scrub(pace);
        } catch (IOException unreadable) {
            return Optional.of(storage.where() + " cannot be read: " + StorageErrors.reason(unreadable));
        }
    }

    @Override
    public Optional<String> warning() {
        return storage.warning();
    }

    /// Whom a call that takes long waits for and why, for a person; to be asked by another thread meanwhile.
    public String waitingReason() {
        return "waiting for " + storage.where() + storage.blockedReason().map(": "::concat).orElse("");
    }

    private void load(Saved saved, List<TensorPart> into, boolean subset) {
        try {
            Manifest manifest = catalog.manifest(saved.id());
            Matching.check("checkpoint " + saved.id(), manifest, into, subset);
            try (Reading reading = catalog.openFor(saved.id(), manifest, into)) {
                reading.load(into);
            }
        } catch (CorruptCheckpointException broken) {
            throw new CheckpointException("checkpoint " + saved.id() + " is damaged: " + broken.getMessage(), broken);
        } catch (UnknownFormatException foreign) {
            throw new CheckpointException(catalog.path(saved.id()) + " " + foreign.getMessage(), foreign);
        } catch (IOException failed) {
            throw StorageErrors.notRead("checkpoint " + saved.id(), failed);
        }
    }

    /// All checkpoints, newest first, also those whose manifest cannot be read.
    public List<Inspection> inspectAll() {
        return reading(() -> {
            List<Inspection> all = new ArrayList<>();
            for (String name : catalog.newestFirst()) {
                all.add(catalog.inspect(name));
            }
            return all;
        });
    }

    /// @param which a name or the beginning of one, a step, or `newest`
    public Inspection inspect(String which) {
        return reading(() -> catalog.inspect(catalog.resolve(which)));
    }

    /// Reads every byte of a checkpoint.
    ///
    /// @param which as in [#inspect]
    /// @return what is wrong with it, if anything
    public Optional<String> verify(String which) {
        return reading(() -> catalog.fault(catalog.resolve(which)));
    }

    /// In what two checkpoints differ; nothing where they hold the same bits, however they are cut.
    ///
    /// @param first as in [#inspect]
    public List<Difference> diff(String first, String second) {
        return reading(() -> Comparison.of(catalog, catalog.resolve(first), catalog.resolve(second)));
    }

    /// Removes checkpoints until only the newest are left, after reading those: never the last sound one.
    ///
    /// @param keep how many sound ones shall stay, at least 1
    /// @return the names of those removed
    public List<String> prune(int keep) {
        settings.withKeep(keep);
        return reading(() -> catalog.prune(keep));
    }

    /// Writes a checkpoint's weights as a directory that `transformers` loads.
    ///
    /// @param which as in [#inspect]
    /// @param directory that is not there yet
    public void exportModel(String which, ModelExport export, Path directory) {
        try {
            String name = catalog.resolve(which);
            Manifest manifest = catalog.manifest(name);
            Matching.check("checkpoint " + name, manifest, export.layout().expected(export.model()));
            try (Reading reading = catalog.open(name, manifest)) {
                export.write(part -> reading.load(List.of(part)), directory);
            }
        } catch (CorruptCheckpointException broken) {
            throw new CheckpointException(
                    "a checkpoint in " + storage.where() + " is damaged: " + broken.getMessage(), broken);
        } catch (UnknownFormatException foreign) {
            throw new CheckpointException("a checkpoint in " + storage.where() + " " + foreign.getMessage(), foreign);
        } catch (IOException failed) {
            throw ModelExport.notExported(directory, failed);
        }
    }

    /// Makes the model of a directory a checkpoint of this job: its weights after no step, and no moments. Memory stays
    /// small whatever the model's size, since the weights pass through a scratch file.
    public Saved importModel(ModelDirectory model, Map<String, String> attributes) {
        long size = model.layout().bytes(model.config());
        try (PassingFile room = PassingFile.in(storage.scratch(), size)) {
            List<TensorPart> parts = new ArrayList<>();
            long at = 0;
            for (ModelTensor tensor : ModelLayout.INTERNLM2.tensors(model.config())) {
                long bytes = tensor.slice().elements() * Float.BYTES;
                parts.add(TensorPart.whole(tensor.name(), tensor.shape(), room.bytes().asSlice(at, bytes)));
                at += bytes;
            }
            model.loadParts(parts);
            return save(0, LossHistory.EMPTY, parts, attributes).saved();
        } catch (IOException failed) {
            throw StorageErrors.notSaved(0, storage.where(), size, failed);
        }
    }

    /// Makes another job's checkpoint one of this job: the same state, under another name and with other attributes.
    /// Memory stays small, as in [#importModel].
    ///
    /// @param saved one of that job's
    public Saved adopt(Checkpoints another, Saved saved, Map<String, String> attributes) {
        Inspection seen = another.inspect(saved.id());
        try (PassingFile room = PassingFile.in(storage.scratch(), Math.max(1, saved.bytes()))) {
            List<TensorPart> parts = new ArrayList<>();
            long at = 0;
            for (Inspection.Tensor tensor : seen.tensors()) {
                long bytes = Shapes.elements(tensor.shape()) * Float.BYTES;
                parts.add(TensorPart.whole(tensor.name(), tensor.shape(), room.bytes().asSlice(at, bytes)));
                at += bytes;
            }
            another.loadParts(saved, parts);
            return save(saved.step(), saved.history(), parts, attributes).saved();
        } catch (IOException failed) {
            throw StorageErrors.notSaved(saved.step(), storage.where(), saved.bytes(), failed);
        }
    }

    private interface Call<T> {
        T run() throws IOException, CorruptCheckpointException, UnknownFormatException;
    }

    private <T> T reading(Call<T> call) {
        try {
            return call.run();
        } catch (CorruptCheckpointException broken) {
            throw new CheckpointException(
                    "a checkpoint in " + storage.where() + " is damaged: " + broken.getMessage(), broken);
        } catch (UnknownFormatException foreign) {
            throw new CheckpointException("a checkpoint in " + storage.where() + " " + foreign.getMessage(), foreign);
        } catch (IOException failed) {
            throw StorageErrors.notRead(storage.where(), failed);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        workers.close();
        readers.close();
        storage.close();
    }
}
