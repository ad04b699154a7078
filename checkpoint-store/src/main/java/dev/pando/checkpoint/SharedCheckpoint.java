package dev.pando.checkpoint;

import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.ManifestFormat;
import dev.pando.checkpoint.storage.Storage;
import dev.pando.checkpoint.storage.StorageErrors;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Saved;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/// One checkpoint that several nodes write and one commits: readers see all of it or nothing.
///
/// The node that began it sends the [#ticket] to the others, gathers what they [Checkpoints#contribute], and commits.
/// It lives as long as its beginner: if that one dies, what was written is swept away.
public final class SharedCheckpoint implements AutoCloseable {
    private final Storage storage;
    private final Publisher publisher;
    private final Publisher.Occasion occasion;
    private final String name;
    private final Storage.Draft draft;
    private final Consumer<String> committed;

    /// @param committed told the name when it is published
    SharedCheckpoint(
            Storage storage,
            Publisher publisher,
            Publisher.Occasion occasion,
            String name,
            Storage.Draft draft,
            Consumer<String> committed) {
        this.storage = storage;
        this.publisher = publisher;
        this.occasion = occasion;
        this.name = name;
        this.draft = draft;
        this.committed = committed;
    }

    /// What another node needs to write its part.
    public String ticket() {
        return draft.ticket();
    }

    /// Publishes the checkpoint, once, when all that belongs to it has been contributed.
    ///
    /// @throws CheckpointException naming a tensor of which something is missing, or that is there twice
    public Saved commit(List<Contribution> contributions) {
        try {
            Manifest manifest = publisher.gather(occasion, contributions);
            checkFiles(manifest);
            if (!draft.publish(ByteBuffer.wrap(ManifestFormat.encode(manifest)))) {
                throw new CheckpointException(
                        "the checkpoint of step "
                                + occasion.step()
                                + " was not saved to "
                                + storage.where()
                                + ": another process committed "
                                + name);
            }
            committed.accept(name);
            return Catalog.saved(name, manifest);
        } catch (IllegalArgumentException incomplete) {
            throw new CheckpointException(
                    "the checkpoint of step " + occasion.step() + " is not whole: " + incomplete.getMessage(),
                    incomplete);
        } catch (IOException failed) {
            throw StorageErrors.notSaved(occasion.step(), storage.where(), 0, failed);
        }
    }

    private void checkFiles(Manifest manifest) throws IOException {
        for (Manifest.ShardFile file : manifest.files()) {
            long bytes = draft.bytes(file.name());
            if (bytes != file.bytes()) {
                throw new IOException(file.name() + " has " + bytes + " bytes, not " + file.bytes());
            }
        }
    }

    /// Gives up what is not committed.
    @Override
    public void close() {
        try {
            draft.close();
        } catch (IOException left) {
            // the next sweep clears it
        }
    }
}
