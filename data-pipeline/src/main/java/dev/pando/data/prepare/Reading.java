package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.code.RepositoryFiles;
import dev.pando.data.code.RepositoryOrder;
import dev.pando.data.document.InOrder;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.data.read.DocumentReader;
import dev.pando.data.read.SourceFiles;
import dev.pando.data.recipe.Recipe;
import dev.pando.data.recipe.Recipe.Source;
import dev.pando.training.data.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Reads the sources into shards of documents: a task is some files in a row, known by their names and content.
///
/// A document gets `id` (its own, or else `url`, or else the file), `source`, `kind` (`text` or `code`), `language`
/// where it is known, then what its source says, and `text` last.
final class Reading {
    static final String FOLDER = "0-read";

    private static final long TASK_BYTES = 16 << 20; // of files
    private static final long SHARD_BYTES = 32 << 20; // of lines
    private static final List<String> TAKEN = List.of("url", "file", "title", "date", "license", "encoding");

    /// @param modified when it was changed last, as the file system says
    record Input(String name, Path path, long bytes, String sha256, String modified) {}

    /// Some files that are read together.
    record TaskInput(Source source, List<Input> files) {}

    private final Recipe recipe;
    private final Troubles troubles; // of looking for files

    Reading(Recipe recipe, Troubles troubles) {
        this.recipe = recipe;
        this.troubles = troubles;
    }

    /// Tasks of all sources, by the names of sources and files, however the recipe lists them.
    List<TaskInput> tasks(int workers) {
        SortedMap<String, Source> sources = new TreeMap<>();
        recipe.sources().forEach(source -> sources.put(source.name(), source));
        List<TaskInput> tasks = new ArrayList<>();
        for (Source source : sources.values()) {
            if (source.kind() == Source.Kind.REPOSITORIES) {
                repositories(source).forEach(input -> tasks.add(new TaskInput(source, List.of(input))));
                continue;
            }
            List<Input> group = new ArrayList<>();
            long bytes = 0;
            for (Input input : documents(source, workers)) {
                if (!group.isEmpty() && bytes + input.bytes > TASK_BYTES) {
                    tasks.add(new TaskInput(source, List.copyOf(group)));
                    group.clear();
                    bytes = 0;
                }
                group.add(input);
                bytes += input.bytes;
            }
            if (!group.isEmpty()) {
                tasks.add(new TaskInput(source, List.copyOf(group)));
            }
        }
        return tasks;
    }

    private List<Input> documents(Source source, int workers) {
        Iterator<Map.Entry<String, Path>> files =
                SourceFiles.find(source.paths(), source.files(), source.exclude(), troubles).entrySet().iterator();
        List<Input> inputs = new ArrayList<>();
        InOrder.run(
                workers,
                () -> files.hasNext() ? files.next() : null,
                file -> input(file.getKey(), file.getValue()),
                input -> {
                    if (input.sha256.isEmpty()) {
                        troubles.add("file that cannot be read", input.path + " (" + input.modified + ")");
                    } else {
                        inputs.add(input);
                    }
                });
        return inputs;
    }

    private static Input input(String name, Path path) {
        MessageDigest sha256 = Digest.sha256();
        try (InputStream in = Files.newInputStream(path)) {
            String modified = Files.getLastModifiedTime(path).toString();
            byte[] buffer = new byte[1 << 16];
            long bytes = 0;
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                sha256.update(buffer, 0, read);
                bytes += read;
            }
            return new Input(name, path, bytes, HexFormat.of().formatHex(sha256.digest()), modified);
        } catch (IOException e) {
            return new Input(name, path, 0, "", JsonLines.reason(e));
        }
    }

    /// A path that ends with `/*` names every folder and archive in a folder.
    private static List<Input> repositories(Source source) {
        SortedMap<String, Path> roots = new TreeMap<>();
        for (String name : source.paths()) {
            Path path = Path.of(name.endsWith("/*") ? name.substring(0, name.length() - 2) : name);
            if (!Files.exists(path)) {
                throw new PipelineException("source " + source.name() + " names " + name + ", and there is no " + path);
            }
            if (!name.endsWith("/*")) {
                roots.put(name, path);
                continue;
            }
            try (var children = Files.list(path)) {
                children.filter(child -> !child.getFileName().toString().startsWith("."))
                        .forEach(child -> roots.put(child.toString(), child));
            } catch (IOException e) {
                throw new PipelineException("cannot list " + path + ": " + JsonLines.reason(e), e);
            }
        }
        List<Input> inputs = new ArrayList<>();
        roots.forEach((name, path) -> inputs.add(new Input(name, path, 0, "", "")));
        return inputs;
    }

    /// Does a task, or finds it done.
    TaskFiles.Done run(TaskInput task, Path folder) {
        return task.source.kind() == Source.Kind.REPOSITORIES
                ? repository(task.source, task.files.getFirst(), folder)
                : documents(task, folder);
    }

    private Digest key(Source source) {
        return new Digest("read 1")
                .add(source.name())
                .add(source.language())
                .add(recipe.budget().nodes())
                .add(recipe.budget().bytes());
    }

    private TaskFiles.Done documents(TaskInput task, Path folder) {
        Digest key = key(task.source);
        task.files.forEach(file -> key.add(file.name).add(file.sha256));
        String name = key.hex().substring(0, 24);
        Optional<TaskFiles.Done> done = TaskFiles.found(folder, name);
        if (done.isPresent()) {
            return done.get();
        }
        Troubles found = new Troubles();
        boolean changed = false;
        try (TaskFiles out = new TaskFiles(folder, name, FOLDER, found)) {
            DocumentReader reader = new DocumentReader(recipe.budget(), found);
            for (Input file : task.files) {
                reader.documents(
                        file.path,
                        file.name,
                        document -> {
                            keep(record(task.source, document), out, found);
                            if (out.bytes() > SHARD_BYTES) {
                                out.split();
                            }
                        });
                if (hasChanged(file)) {
                    changed = true;
                    found.add("file that changed while it was read; run again", file.path.toString());
                }
            }
            return out.finish(changed);
        }
    }

    private static boolean hasChanged(Input file) {
        try {
            return Files.size(file.path) != file.bytes
                    || !Files.getLastModifiedTime(file.path).toString().equals(file.modified);
        } catch (IOException gone) {
            return true;
        }
    }

    private static void keep(ObjectNode document, TaskFiles out, Troubles found) {
        if (document.path("text").asText().isBlank()) {
            found.add("document without text", document.path("id").asText());
        } else if (JsonLines.line(document).length > JsonLines.LONGEST_LINE) {
            found.add("document over " + (JsonLines.LONGEST_LINE >> 20) + " MiB", document.path("id").asText());
        } else {
            out.keep(document, Tally.bytes(document));
        }
    }

    private static ObjectNode record(Source source, ObjectNode read) {
        ObjectNode document = JsonLines.object();
        JsonNode own = read.path("id");
        String id =
                own.isValueNode() && !own.isNull() ? own.asText() : read.path("url").asText(read.path("file").asText());
        document.put("id", id).put("source", source.name()).put("kind", "text");
        String language = read.path("language").asText(source.language());
        if (!language.isEmpty()) {
            document.put("language", language);
        }
        for (String field : TAKEN) {
            JsonNode value = read.path(field);
            if (value.isValueNode() && !value.isNull() && !value.asText().isEmpty()) {
                document.set(field, value);
            }
        }
        return document.put("text", read.path("text").asText());
    }

    private TaskFiles.Done repository(Source source, Input root, Path folder) {
        Troubles found = new Troubles();
        SortedMap<String, String> texts = RepositoryFiles.read(root.path, found);
        String name = key(source).add(root.name).add(RepositoryFiles.digest(texts)).hex().substring(0, 24);
        Optional<TaskFiles.Done> done = TaskFiles.found(folder, name);
        if (done.isPresent()) {
            return done.get();
        }
        String repository = repositoryName(root.path);
        Optional<String> license = RepositoryFiles.license(texts);
        try (TaskFiles out = new TaskFiles(folder, name, FOLDER, found)) {
            texts.forEach((path, text) -> {
                ObjectNode document = JsonLines.object();
                document.put("id", repository + "/" + path).put("source", source.name()).put("kind", "code");
                document.put("language", RepositoryOrder.language(path).orElse("?"));
                document.put("repository", repository).put("path", path);
                license.ifPresent(known -> document.put("license", known));
                keep(document.put("text", text), out, found);
            });
            return out.finish(false);
        }
    }

    private static String repositoryName(Path path) {
        return path.toAbsolutePath()
                .normalize()
                .getFileName()
                .toString()
                .replaceFirst("(-sources)?\\.(zip|jar|tar|tgz|tar\\.\\w+)$", "");
    }
}
