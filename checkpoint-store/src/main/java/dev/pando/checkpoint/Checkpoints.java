package dev.pando.checkpoint;

import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// A job's checkpoints in one place: saves them, finds the newest that is sound, loads it, and clears old ones away.
///
/// Safe to call from several threads, and beside other processes on the same place.
public final class Checkpoints implements CheckpointStore {
    private static final Comparator<String> OLDEST_FIRST = Comparator.comparingLong(CheckpointName::stepOf)
            .thenComparingInt(CheckpointName::copyOf)
            .thenComparing(Comparator.naturalOrder());

    private final Storage storage;
    private final String job;
    private final CheckpointSettings settings;
    private final Workers workers;
    /// Checkpoints that were found damaged, which retention must not count.
    private final Set<String> damaged = ConcurrentHashMap.newKeySet();
    private volatile boolean seen;

    Checkpoints(Storage storage, String job, CheckpointSettings settings) {
        this.storage = storage;
        this.job = job;
        this.settings = settings;
        this.workers = new Workers(settings.threads(), settings.chunkBytes());
    }

    /// Opens a job's checkpoints in a folder, which need not be there yet, and clears what killed writers left in it.
    public static Checkpoints in(Path folder, String job, CheckpointSettings settings) {
        Checkpoints checkpoints = new Checkpoints(new FolderStorage(new LocalDisk(), folder), job, settings);
        checkpoints.sweep();
        return checkpoints;
    }

    void sweep() {
        try {
            storage.sweep();
        } catch (IOException unwritable) {
            // reading may still go well, and a writer that meets the same fault will say so
        }
    }

    @Override
    public Saved save(TrainerState state, Map<String, String> attributes) {
        Doors.check(state);
        Saving saving = new Saving(storage, workers, settings);
        long bytes = state.spans().stream().mapToLong(span -> span.data().byteSize()).sum();
        try {
            refuseForeign();
            Saving.Prepared prepared = saving.prepare(job, state, new TreeMap<>(attributes));
            String name = publish(saving, prepared);
            retain(settings.keep(), name);
            return saved(name, prepared.manifest());
        } catch (IOException failed) {
            throw Faults.notSaved(state.step(), storage.where(), bytes, failed);
        } catch (Damaged impossible) {
            throw new AssertionError("hashing memory", impossible);
        }
    }

    /// Writes the state under a name of its own, unless the newest checkpoint of that step holds just this and is sound.
    private String publish(Saving saving, Saving.Prepared prepared) throws IOException {
        while (true) {
            Optional<String> last = newestFirst().stream()
                    .filter(name -> CheckpointName.stepOf(name) == prepared.manifest().step())
                    .findFirst();
            if (last.isPresent()
                    && CheckpointName.digestOf(last.get()).equals(prepared.digest())
                    && isSound(last.get())) {
                return last.get();
            }
            String name = prepared.name(last.map(CheckpointName::copyOf).orElse(0) + 1)
                    .toString();
            if (saving.write(prepared, name)) {
                return name;
            }
        }
    }

    private boolean isSound(String name) throws IOException {
        try {
            verify(name, Reading.manifest(storage, name));
            return true;
        } catch (Damaged | Foreign broken) {
            damaged.add(name);
            return false;
        }
    }

    private void verify(String name, Manifest manifest) throws IOException, Damaged {
        try (Reading reading = Reading.open(storage, workers, name, manifest)) {
            reading.verify();
        }
    }

    /// Keeps the newest valid checkpoints and removes what is older than the last of them.
    ///
    /// @param safe one that is known to be valid, and stays whatever its age
    private void retain(int keep, String safe) {
        try {
            int kept = 0;
            for (String name : newestFirst()) {
                if (kept >= keep && !name.equals(safe)) {
                    storage.remove(name);
                    damaged.remove(name);
                } else if (!damaged.contains(name)) {
                    kept++;
                }
            }
        } catch (IOException failed) {
            // the new checkpoint is safe; what could not be removed now is tried again after the next one
        }
    }

    private List<String> newestFirst() throws IOException {
        List<String> names = new ArrayList<>(storage.checkpoints());
        names.sort(OLDEST_FIRST.reversed());
        return names;
    }

    @Override
    public List<Saved> list() {
        try {
            List<Saved> all = new ArrayList<>();
            for (String name : newestFirst()) {
                try {
                    all.add(saved(name, Reading.manifest(storage, name)));
                } catch (Damaged | Foreign unreadable) {
                    // named by newest(), when it matters
                }
            }
            return all;
        } catch (IOException failed) {
            throw Faults.notRead(storage.where(), failed);
        }
    }

    @Override
    public Newest newest() {
        try {
            List<String> sentences = new ArrayList<>();
            for (String name : newestFirst()) {
                try {
                    Manifest manifest = Reading.manifest(storage, name);
                    refuseForeign(name, manifest);
                    verify(name, manifest);
                    return new Newest(Optional.of(saved(name, manifest)), sentences);
                } catch (Damaged broken) {
                    if (storage.exists(name)) { // else retention was faster
                        damaged.add(name);
                        sentences.add("checkpoint " + name + " is damaged: " + broken.getMessage());
                    }
                } catch (Foreign foreign) {
                    throw new CheckpointException(path(name) + " " + foreign.getMessage());
                } catch (AccessDeniedException | InterruptedIOException | ClosedByInterruptException notItsFault) {
                    throw Faults.notRead(path(name), notItsFault);
                } catch (IOException unreadable) {
                    damaged.add(name);
                    sentences.add("checkpoint " + name + " cannot be read: " + Faults.reason(unreadable));
                }
            }
            return new Newest(Optional.empty(), sentences);
        } catch (IOException failed) {
            throw Faults.notRead(storage.where(), failed);
        }
    }

    /// Whoever writes here also removes here, so it had better be this job's place. Looked at once.
    private void refuseForeign() throws IOException {
        if (seen) {
            return;
        }
        for (String name : newestFirst()) {
            try {
                refuseForeign(name, Reading.manifest(storage, name));
            } catch (Damaged broken) {
                // whosever it was
            } catch (Foreign foreign) {
                throw new CheckpointException(path(name) + " " + foreign.getMessage());
            }
        }
        seen = true;
    }

    private void refuseForeign(String name, Manifest manifest) {
        if (!manifest.job().equals(job)) {
            throw new CheckpointException(path(name) + " belongs to job " + manifest.job() + ", not to " + job
                    + ": give this job a folder of its own");
        }
    }

    @Override
    public void load(Saved saved, List<TrainerState.Span> into) {
        load(saved, into, false);
    }

    /// Fills the spans and leaves the rest of the checkpoint unread: the weights alone, for one who only generates.
    public void loadOnly(Saved saved, List<TrainerState.Span> into) {
        load(saved, into, true);
    }

    private void load(Saved saved, List<TrainerState.Span> into, boolean subset) {
        Doors.check(into);
        try {
            Manifest manifest = Reading.manifest(storage, saved.id());
            Reading.match("checkpoint " + saved.id(), manifest, into, subset);
            try (Reading reading = Reading.open(storage, workers, saved.id(), manifest)) {
                reading.load(into);
            }
        } catch (Damaged broken) {
            throw new CheckpointException("checkpoint " + saved.id() + " is damaged: " + broken.getMessage());
        } catch (Foreign foreign) {
            throw new CheckpointException(path(saved.id()) + " " + foreign.getMessage());
        } catch (IOException failed) {
            throw Faults.notRead("checkpoint " + saved.id(), failed);
        }
    }

    private String path(String name) {
        return storage.where() + "/" + name;
    }

    private static Saved saved(String name, Manifest manifest) {
        return new Saved(name, manifest.step(), manifest.history(), manifest.attributes(), manifest.bytes());
    }

    @Override
    public void close() {
        workers.close();
        storage.close();
    }
}
