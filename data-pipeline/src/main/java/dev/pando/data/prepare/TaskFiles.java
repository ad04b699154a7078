package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.data.rules.Filter.Reason;
import dev.pando.training.data.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// What one task of one step leaves behind: shards of kept documents, one of removed ones, and a note that says so.
///
/// The note is written last. A task with a note is done, whatever happened to its process since; one without is done
/// again, with the same bytes.
final class TaskFiles implements Closeable {
    private static final String NOTE = ".json";
    private static final String KEPT = ".kept.jsonl.zst";
    private static final String REMOVED = ".removed.jsonl.zst";

    /// A task that is done.
    ///
    /// @param removed where the removed documents lie
    record Done(List<Shard> kept, Path removed, Tally tally, Troubles troubles) {}

    private final Path folder;
    private final String name;
    private final String step;
    private final JsonLines.Writer removed;
    private final Tally tally = new Tally();
    private final Troubles troubles;
    private final List<Shard> shards = new ArrayList<>();
    private JsonLines.Writer kept;
    private MessageDigest sha256;
    private long documents;
    private long bytes;

    /// @param step what removed documents call it
    TaskFiles(Path folder, String name, String step, Troubles troubles) {
        this.folder = folder;
        this.name = name;
        this.step = step;
        this.troubles = troubles;
        removed = new JsonLines.Writer(folder.resolve(name + REMOVED));
        begin();
    }

    /// What an earlier run, or an earlier recipe, left of the same task.
    static Optional<Done> found(Path folder, String name) {
        Path note = folder.resolve(name + NOTE);
        if (!Files.isRegularFile(note)) {
            return Optional.empty();
        }
        try {
            JsonNode json = JsonLines.value(Files.readString(note));
            List<Shard> shards = new ArrayList<>();
            for (JsonNode shard : json.path("kept")) {
                Path file = folder.resolve(shard.path("file").asText());
                if (!Files.isRegularFile(file) || Files.size(file) != shard.path("size").asLong()) {
                    return Optional.empty();
                }
                shards.add(
                        new Shard(
                                file,
                                shard.path("documents").asLong(),
                                shard.path("bytes").asLong(),
                                shard.path("sha256").asText()));
            }
            Path removed = folder.resolve(name + REMOVED);
            return Files.isRegularFile(removed)
                    ? Optional.of(
                            new Done(
                                    List.copyOf(shards),
                                    removed,
                                    Tally.of(json.path("tally")),
                                    Troubles.of(json.path("troubles"))))
                    : Optional.empty();
        } catch (IOException | PipelineException damaged) {
            return Optional.empty();
        }
    }

    private void begin() {
        kept = new JsonLines.Writer(shardFile());
        sha256 = Digest.sha256();
        documents = 0;
        bytes = 0;
    }

    private Path shardFile() {
        return folder.resolve(name + "-" + shards.size() + KEPT);
    }

    /// @param before bytes of its text before the step
    void keep(ObjectNode document, long before) {
        tally.kept(document, before);
        write(document);
    }

    /// @param before bytes of the documents' texts
    /// @param from how many documents it was made of
    void join(ObjectNode document, long before, long from) {
        tally.joined(document, before, from);
        write(document);
    }

    private void write(ObjectNode document) {
        byte[] line = JsonLines.line(document);
        kept.write(line);
        sha256.update(line);
        documents++;
        bytes += line.length;
    }

    void remove(ObjectNode document, Reason reason) {
        tally.removed(document, reason);
        ObjectNode dropped = JsonLines.object();
        dropped.put("step", step).put("rule", reason.rule());
        dropped.put("value", reason.value()).put("limit", reason.limit());
        document.set("dropped", dropped);
        removed.write(document);
    }

    /// Bytes of the shard that is being written.
    long bytes() {
        return bytes;
    }

    /// Ends a shard, and begins the next.
    void split() {
        end();
        begin();
    }

    private void end() {
        Path file = shardFile();
        kept.finish();
        shards.add(new Shard(file, documents, bytes, HexFormat.of().formatHex(sha256.digest())));
    }

    /// @param again whether the same task must be done again next time, since its input was not what it should be
    Done finish(boolean again) {
        end();
        removed.finish();
        Path note = folder.resolve(name + NOTE);
        Path part = folder.resolve("." + name + NOTE + ".part");
        try {
            ObjectNode json = JsonLines.object();
            ArrayNode files = json.putArray("kept");
            for (Shard shard : shards) {
                files.addObject()
                        .put("file", shard.file().getFileName().toString())
                        .put("size", Files.size(shard.file()))
                        .put("documents", shard.documents())
                        .put("bytes", shard.bytes())
                        .put("sha256", shard.sha256());
            }
            json.set("tally", tally.toJson());
            json.set("troubles", troubles.toJson());
            if (!again) {
                Files.write(part, JsonLines.line(json));
                Files.move(part, note, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new PipelineException("cannot write " + note + ": " + JsonLines.reason(e), e);
        }
        return new Done(List.copyOf(shards), folder.resolve(name + REMOVED), tally, troubles);
    }

    @Override
    public void close() {
        kept.close();
        removed.close();
    }
}
