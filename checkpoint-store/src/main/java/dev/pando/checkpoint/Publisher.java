package dev.pando.checkpoint;

import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.HashingPool;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.ManifestFormat;
import dev.pando.checkpoint.format.ShardPlan;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.io.RateLimiter;
import dev.pando.checkpoint.io.UnknownFormatException;
import dev.pando.checkpoint.storage.Storage;
import dev.pando.training.step.LossHistory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/// Makes one checkpoint of what one writer has in hand, without writing again what the one before it holds.
final class Publisher {
    private final Storage storage;
    private final HashingPool workers;
    private final Catalog catalog;
    private final CheckpointSettings settings;
    private final Saving saving;
    private volatile boolean adopts = true;

    Publisher(Storage storage, HashingPool workers, Catalog catalog, CheckpointSettings settings, RateLimiter pace) {
        this.storage = storage;
        this.workers = workers;
        this.catalog = catalog;
        this.settings = settings;
        this.saving = new Saving(workers, settings, pace);
    }

    /// What a checkpoint says of itself.
    ///
    /// @param parent see [Manifest]
    record Occasion(String job, long step, LossHistory history, String parent, SortedMap<String, String> attributes) {
        Manifest manifest(int chunkBytes, List<Manifest.ShardFile> files, List<Composition.Placed> placed) {
            List<Manifest.Tensor> tensors = Composition.tensors(placed);
            return new Manifest(
                    job, step, history, parent, attributes, chunkBytes, Composition.used(files, tensors), tensors);
        }
    }

    /// @param name of the checkpoint
    /// @param writtenBytes what it cost; the rest was there
    record Published(String name, Manifest manifest, long writtenBytes) {}

    /// Writes the state under a new name, unless the newest checkpoint of that step holds just this and is sound.
    Published publish(Occasion occasion, List<TensorPart> parts) throws IOException, CorruptCheckpointException {
        List<ShardPlan.Source> sources = saving.hash(parts);
        while (true) {
            Composition composition = Composition.of(sources, adopts ? reuse() : Reuse.NONE, settings);
            Manifest manifest = occasion.manifest(settings.chunkBytes(), composition.files(), composition.placed());
            String digest = Composition.digest(manifest);
            Optional<String> last =
                    catalog.newestFirst().stream()
                            .filter(name -> CheckpointName.stepOf(name) == occasion.step())
                            .findFirst();
            if (last.isPresent() && CheckpointName.digestOf(last.get()).equals(digest) && catalog.isSound(last.get())) {
                return new Published(last.get(), manifest, 0);
            }
            int copy = last.map(CheckpointName::copyOf).orElse(0) + 1;
            String name = new CheckpointName(occasion.step(), digest, copy).toString();
            if (write(name, composition, manifest)) {
                return new Published(name, manifest, composition.freshBytes());
            }
        }
    }

    private Reuse reuse() throws IOException {
        for (String name : catalog.newestFirst()) {
            try {
                return Reuse.of(storage, workers, name, catalog.manifest(name), settings.chunkBytes());
            } catch (CorruptCheckpointException | UnknownFormatException unreadable) {
                // the one before it, then
            }
        }
        return Reuse.NONE;
    }

    /// @return false if it must be composed again: the name is taken, or a file cannot be taken over
    private boolean write(String name, Composition composition, Manifest manifest) throws IOException {
        byte[] text = ManifestFormat.encode(manifest);
        try (Storage.Draft draft = storage.draft(name, text.length + composition.freshBytes())) {
            return writeFiles(composition, draft) && draft.publish(ByteBuffer.wrap(text));
        }
    }

    private boolean writeFiles(Composition composition, Storage.Draft draft) throws IOException {
        for (Map.Entry<String, String> file : composition.adopted().entrySet()) {
            switch (draft.adopt(file.getValue(), file.getKey())) {
                case DONE -> {}
                case GONE -> {
                    return false;
                }
                case IMPOSSIBLE -> {
                    adopts = false;
                    return false;
                }
            }
        }
        for (ShardPlan.Shard shard : composition.shards()) {
            saving.write(shard, draft);
        }
        return true;
    }

    /// What one of several writers brings: its files are written to the draft when this returns.
    Contribution contribute(Storage.Draft draft, List<TensorPart> parts)
            throws IOException, CorruptCheckpointException {
        Composition composition = Composition.of(saving.hash(parts), Reuse.NONE, settings);
        writeFiles(composition, draft);
        return Contribution.of(settings.chunkBytes(), composition);
    }

    /// One checkpoint of what all have brought.
    Manifest gather(Occasion occasion, List<Contribution> contributions) {
        List<Manifest.ShardFile> files = new ArrayList<>();
        List<Composition.Placed> placed = new ArrayList<>();
        for (Contribution contribution : contributions) {
            Contribution.Body body = contribution.read();
            if (body.chunkBytes() != settings.chunkBytes()) {
                throw new IllegalArgumentException(
                        "a writer uses chunks of " + body.chunkBytes() + " bytes, not " + settings.chunkBytes());
            }
            files.addAll(body.files());
            placed.addAll(body.placed());
        }
        return occasion.manifest(settings.chunkBytes(), files, placed);
    }
}
