package dev.pando.evaluation.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.task.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The items' file: every answer is appended as soon as it is scored, so that an evaluation that is killed loses no
/// more than the items in flight, and the same command goes on from there.
///
/// The first line says which models and tasks it belongs to. While an evaluation runs, lines stand in the order in
/// which they were scored; when it ends, in the order of models, tasks and items, so that its bytes are a function of
/// these alone. Thread-safe.
public final class Journal implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private record Key(String model, String task, String id) {}

    private final Path file;
    private final String head;
    private final FileChannel channel;
    private final Map<Key, ItemResult> results = new HashMap<>();

    private Journal(Path file, String head, FileChannel channel) {
        this.file = file;
        this.head = head;
        this.channel = channel;
    }

    /// A journal that only remembers.
    public static Journal inMemory() {
        return new Journal(null, "", null);
    }

    /// Opens a file, and reads what an earlier evaluation left there.
    ///
    /// @throws EvaluationException if it belongs to other models or tasks, or another process writes it
    public static Journal open(Path file, List<LanguageModel> models, List<Task> tasks) {
        String head = head(models, tasks);
        try {
            if (file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            FileChannel channel =
                    FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw new EvaluationException(file + " is being written by another process");
            }
            Journal journal = new Journal(file, head, channel);
            journal.read();
            return journal;
        } catch (IOException failed) {
            throw new EvaluationException(file + " cannot be opened: " + failed.getMessage(), failed);
        }
    }

    private void read() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size()));
        while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {
            // read on
        }
        String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        int whole = text.lastIndexOf('\n') + 1; // what follows was torn off by the end of its process
        String[] lines = text.substring(0, whole).split("\n");
        if (whole == 0) {
            channel.truncate(0);
            write(head);
            return;
        }
        if (!lines[0].equals(head)) {
            throw new EvaluationException(
                    file + " belongs to other models or tasks; name another file, or delete this one");
        }
        for (int i = 1; i < lines.length; i++) {
            try {
                remember(ItemResult.parse(lines[i]));
            } catch (JsonProcessingException wrong) {
                throw new EvaluationException(
                        file + ":" + (i + 1) + " is no item: " + wrong.getOriginalMessage(), wrong);
            }
        }
        long kept = text.substring(0, whole).getBytes(StandardCharsets.UTF_8).length;
        channel.truncate(kept);
        channel.position(kept);
    }

    /// Reads the items of a finished or an unfinished file.
    public static List<ItemResult> results(Path file) {
        try {
            List<ItemResult> results = new ArrayList<>();
            List<String> lines = Files.readAllLines(file);
            if (lines.isEmpty() || !lines.getFirst().startsWith("{\"pando-items\"")) {
                throw new EvaluationException(file + " is no file of items: it does not begin as --items writes it");
            }
            for (String line : lines.subList(1, lines.size())) {
                try {
                    results.add(ItemResult.parse(line));
                } catch (JsonProcessingException torn) {
                    if (!line.equals(lines.getLast())) {
                        throw new EvaluationException(file + " holds a line that is no item", torn);
                    }
                }
            }
            return results;
        } catch (IOException failed) {
            throw new EvaluationException(file + " cannot be read: " + failed.getMessage(), failed);
        }
    }

    private static String head(List<LanguageModel> models, List<Task> tasks) {
        ObjectNode head = JSON.createObjectNode();
        head.put("pando-items", 1);
        ObjectNode ids = head.putObject("models");
        models.forEach(model -> ids.put(model.name(), model.id()));
        ObjectNode digests = head.putObject("tasks");
        for (Task task : tasks) {
            byte[] digest = Preparation.sha256().digest(task.definition().getBytes(StandardCharsets.UTF_8));
            digests.put(task.name(), "sha256:" + HexFormat.of().formatHex(digest));
        }
        return text(head);
    }

    private static String text(JsonNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("a tree is JSON", impossible);
        }
    }

    /// The result of an item, if it is there for the very same prompt.
    synchronized Optional<ItemResult> result(LanguageModel model, Item item) {
        return Optional.ofNullable(results.get(new Key(model.name(), item.task().name(), item.id())))
                .filter(result -> result.prompt().equals(item.prompt()));
    }

    synchronized void append(ItemResult result) {
        remember(result);
        if (channel != null) {
            try {
                write(result.line());
            } catch (IOException failed) {
                throw new UncheckedIOException(file + " cannot be written", failed);
            }
        }
    }

    private void remember(ItemResult result) {
        results.put(new Key(result.model(), result.task(), result.id()), result);
    }

    private void write(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /// Puts the lines into the order of these results, and drops all others.
    public synchronized void finish(List<ItemResult> ordered) {
        if (channel == null) {
            return;
        }
        StringBuilder text = new StringBuilder(head).append('\n');
        ordered.forEach(result -> text.append(result.line()).append('\n'));
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try (FileChannel out =
                FileChannel.open(
                        next,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw new EvaluationException(file + " cannot be written: " + failed.getMessage(), failed);
        }
    }

    @Override
    public void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException failed) {
                throw new EvaluationException(file + " cannot be closed: " + failed.getMessage(), failed);
            }
        }
    }
}
