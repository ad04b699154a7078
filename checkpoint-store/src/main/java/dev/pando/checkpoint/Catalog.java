package dev.pando.checkpoint;

import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.HashingPool;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.io.RateLimiter;
import dev.pando.checkpoint.io.UnavailableException;
import dev.pando.checkpoint.io.UnknownFormatException;
import dev.pando.checkpoint.storage.Storage;
import dev.pando.checkpoint.storage.StorageErrors;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Newest;
import dev.pando.training.step.CheckpointStore.Saved;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What is there: the published checkpoints in order, which of them are sound, and which may go.
final class Catalog {
    private static final Comparator<String> OLDEST_FIRST =
            Comparator.comparingLong(CheckpointName::stepOf)
                    .thenComparingInt(CheckpointName::copyOf)
                    .thenComparing(Comparator.naturalOrder());

    private final Storage storage;
    private final HashingPool workers;
    private final HashingPool readers;
    private final String job;

    /// Checkpoints that were found damaged, which retention must not count.
    private final Set<String> damaged = ConcurrentHashMap.newKeySet();

    /// Read since all of them were.
    private final Set<String> scrubbed = ConcurrentHashMap.newKeySet();

    private volatile boolean seen;

    /// @param workers for what is done beside training
    /// @param readers for what training waits for
    /// @param job whose checkpoints these should be; null for any
    Catalog(Storage storage, HashingPool workers, HashingPool readers, String job) {
        this.storage = storage;
        this.workers = workers;
        this.readers = readers;
        this.job = job;
    }

    List<String> newestFirst() throws IOException {
        List<String> names = new ArrayList<>(storage.checkpoints());
        names.sort(OLDEST_FIRST.reversed());
        return names;
    }

    Manifest manifest(String name) throws IOException, CorruptCheckpointException, UnknownFormatException {
        return Reading.manifest(storage, name);
    }

    Reading open(String name, Manifest manifest) throws IOException, CorruptCheckpointException {
        return Reading.open(storage, readers, name, manifest);
    }

    Reading openFor(String name, Manifest manifest, List<TensorPart> parts)
            throws IOException, CorruptCheckpointException {
        return Reading.openFor(storage, readers, name, manifest, parts);
    }

    private void verify(String name, Manifest manifest, HashingPool by) throws IOException, CorruptCheckpointException {
        try (Reading reading = Reading.open(storage, by, name, manifest)) {
            reading.verify();
        }
    }

    boolean isSound(String name) throws IOException {
        return fault(name).isEmpty();
    }

    List<Saved> list() throws IOException {
        List<Saved> all = new ArrayList<>();
        for (String name : newestFirst()) {
            try {
                all.add(saved(name, manifest(name)));
            } catch (CorruptCheckpointException | UnknownFormatException unreadable) {
                // named by newest(), when it matters
            }
        }
        return all;
    }

    Newest newest() throws IOException {
        List<String> sentences = new ArrayList<>();
        for (String name : newestFirst()) {
            try {
                Manifest manifest = manifest(name);
                refuseForeign(name, manifest);
                verify(name, manifest, readers);
                return new Newest(Optional.of(saved(name, manifest)), sentences);
            } catch (CorruptCheckpointException broken) {
                if (storage.exists(name)) { // else retention was faster
                    damaged.add(name);
                    sentences.add("checkpoint " + name + " is damaged: " + broken.getMessage());
                }
            } catch (UnknownFormatException foreign) {
                throw new CheckpointException(path(name) + " " + foreign.getMessage());
            } catch (AccessDeniedException
                    | UnavailableException
                    | InterruptedIOException
                    | ClosedByInterruptException notItsFault) {
                throw StorageErrors.notRead(path(name), notItsFault);
            } catch (IOException unreadable) {
                damaged.add(name);
                sentences.add("checkpoint " + name + " cannot be read: " + StorageErrors.reason(unreadable));
            }
        }
        return new Newest(Optional.empty(), sentences);
    }

    /// A job that writes here also removes here, so the place must be this job's. Checked once.
    void refuseForeign() throws IOException {
        if (seen) {
            return;
        }
        for (String name : newestFirst()) {
            try {
                refuseForeign(name, manifest(name));
            } catch (CorruptCheckpointException broken) {
                // whosever it was
            } catch (UnknownFormatException foreign) {
                throw new CheckpointException(path(name) + " " + foreign.getMessage());
            }
        }
        seen = true;
    }

    private void refuseForeign(String name, Manifest manifest) {
        if (job != null && !manifest.job().equals(job)) {
            throw new CheckpointException(
                    path(name)
                            + " belongs to job "
                            + manifest.job()
                            + ", not to "
                            + job
                            + ": set another pando.job.checkpoint.folder for this job");
        }
    }

    /// The newest one of a step before.
    String parentOf(long step) throws IOException {
        return newestFirst().stream().filter(name -> CheckpointName.stepOf(name) < step).findFirst().orElse("");
    }

    /// Keeps the newest sound checkpoints and removes what is older than the last of them, after reading what is kept.
    /// Where fewer are sound than shall be kept, nothing is removed.
    List<String> prune(int keep) throws IOException {
        int sound = 0;
        for (String name : newestFirst()) {
            if (isSound(name)) {
                sound++;
                if (sound == keep) {
                    return retain(keep, name);
                }
            }
        }
        return List.of();
    }

    /// The checkpoint that is meant: its name or the beginning of it, its step, or `newest`.
    String resolve(String what) throws IOException {
        List<String> all = newestFirst();
        List<String> meant =
                all.stream()
                        .filter(name ->
                                what.equals("newest")
                                        || name.equals(what)
                                        || what.equals("" + CheckpointName.stepOf(name)))
                        .toList();
        if (meant.isEmpty()) {
            meant = all.stream().filter(name -> name.startsWith(what)).toList();
            if (meant.size() > 1) {
                throw new CheckpointException(what + " may be " + meant.get(0) + " or " + meant.get(1) + ": say which");
            }
        }
        if (meant.isEmpty()) {
            throw new CheckpointException(
                    "there is no checkpoint "
                            + what
                            + " in "
                            + storage.where()
                            + (all.isEmpty() ? "" : "; the newest is " + all.getFirst()));
        }
        return meant.getFirst();
    }

    Inspection inspect(String name) throws IOException {
        try {
            return Inspection.of(name, manifest(name));
        } catch (CorruptCheckpointException broken) {
            return Inspection.broken(name, broken.getMessage());
        } catch (UnknownFormatException foreign) {
            return Inspection.broken(name, "it " + foreign.getMessage());
        }
    }

    /// @return why it cannot be used, if so
    Optional<String> fault(String name) throws IOException {
        try {
            verify(name, manifest(name), workers);
            damaged.remove(name);
            return Optional.empty();
        } catch (CorruptCheckpointException | UnknownFormatException broken) {
            damaged.add(name);
            return Optional.of(broken.getMessage());
        }
    }

    /// Reads the oldest checkpoint that was not read since the last time all of them were.
    ///
    /// @return what is wrong with it
    Optional<String> scrub(RateLimiter pace) throws IOException {
        List<String> oldestFirst = newestFirst().reversed();
        scrubbed.retainAll(oldestFirst);
        if (scrubbed.containsAll(oldestFirst)) {
            scrubbed.clear();
        }
        Optional<String> next = oldestFirst.stream().filter(name -> !scrubbed.contains(name)).findFirst();
        if (next.isEmpty()) {
            return Optional.empty();
        }
        String name = next.get();
        scrubbed.add(name);
        pace.await(bytes(name));
        return fault(name)
                .filter(_ -> isThere(name)) // else retention was faster
                .map(fault -> "checkpoint " + name + " is damaged: " + fault + "; it is not counted any more");
    }

    private long bytes(String name) throws IOException {
        try {
            return manifest(name).bytes();
        } catch (CorruptCheckpointException | UnknownFormatException unreadable) {
            return 0;
        }
    }

    private boolean isThere(String name) {
        try {
            return storage.exists(name);
        } catch (IOException unknown) {
            return true;
        }
    }

    /// Keeps the newest checkpoints that are not known to be damaged, removes what is older than the last of them.
    ///
    /// @param safe one that is known to be valid, and stays whatever its age
    /// @return what was removed
    List<String> retain(int keep, String safe) throws IOException {
        List<String> removed = new ArrayList<>();
        int kept = 0;
        for (String name : newestFirst()) {
            if (kept >= keep && !name.equals(safe)) {
                storage.remove(name);
                damaged.remove(name);
                removed.add(name);
            } else if (!damaged.contains(name)) {
                kept++;
            }
        }
        return removed;
    }

    String path(String name) {
        return storage.where() + "/" + name;
    }

    static Saved saved(String name, Manifest manifest) {
        return new Saved(name, manifest.step(), manifest.history(), manifest.attributes(), manifest.bytes());
    }
}
