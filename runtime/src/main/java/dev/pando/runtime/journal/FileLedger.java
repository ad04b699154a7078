package dev.pando.runtime.journal;

import com.typesafe.config.Config;
import dev.pando.actors.owner.Ledger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Journals as folders, pages as files: a ledger that needs no server and that no process holds.
///
/// A page is written to a temporary file, synced, then hard-linked to its number; only one process can create the link.
/// There is no lock, so a process that dies or is frozen at any point can neither damage what is written nor keep the
/// others waiting. Works for all processes that see the folder, on a shared disk too, if its links are atomic (as NFS's
/// are).
///
/// Of several pages that belong together those that were linked before a death stay: a reader sees a prefix.
public final class FileLedger implements Ledger {
    private static final String REMOVED = "removed-to-";
    private static final String PAGE = "\\d{12}";

    private final Path folder;

    /// @param config has the key `folder`
    public FileLedger(Config config) {
        this(Path.of(config.getString("folder")));
    }

    FileLedger(Path folder) {
        this.folder = folder;
    }

    @Override
    public void append(String journal, List<Page> pages) {
        try {
            Path place = Files.createDirectories(place(journal));
            for (Page page : pages) {
                write(journal, place, page);
            }
            force(place);
        } catch (IOException failed) {
            throw new UncheckedIOException("journal " + journal + " cannot be written in " + folder, failed);
        }
    }

    private static void write(String journal, Path place, Page page) throws IOException {
        Path draft = place.resolve("draft-" + UUID.randomUUID());
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(PageText.write(page));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        try {
            Files.createLink(place.resolve(name(page.number())), draft);
        } catch (FileAlreadyExistsException taken) {
            String by = PageText.read(Files.readAllBytes(place.resolve(name(page.number())))).writer();
            if (!by.equals(page.writer())) {
                throw new Taken(journal, page.number(), by);
            }
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    @Override
    public void read(String journal, long from, long to, Consumer<Page> reader) {
        try {
            for (long number : numbers(journal).tailSet(from)) {
                if (number > to) {
                    return;
                }
                reader.accept(PageText.read(Files.readAllBytes(place(journal).resolve(name(number)))));
            }
        } catch (IOException failed) {
            throw new UncheckedIOException("journal " + journal + " cannot be read in " + folder, failed);
        }
    }

    @Override
    public long last(String journal) {
        try {
            SortedSet<Long> numbers = numbers(journal);
            return numbers.isEmpty() ? removedTo(journal) : Math.max(numbers.last(), removedTo(journal));
        } catch (IOException failed) {
            throw new UncheckedIOException("journal " + journal + " cannot be read in " + folder, failed);
        }
    }

    @Override
    public void remove(String journal, long to) {
        try {
            if (to <= removedTo(journal)) {
                return;
            }
            Files.createFile(
                    place(journal).resolve(REMOVED + name(to))); // before the pages go, so no number is given twice
            force(place(journal));
            for (long number : numbers(journal).headSet(to + 1)) {
                Files.deleteIfExists(place(journal).resolve(name(number)));
            }
        } catch (IOException failed) {
            throw new UncheckedIOException("journal " + journal + " cannot be shortened in " + folder, failed);
        }
    }

    @Override
    public void close() {}

    private SortedSet<Long> numbers(String journal) throws IOException {
        SortedSet<Long> numbers = new TreeSet<>();
        for (String name : names(journal)) {
            if (name.matches(PAGE)) {
                numbers.add(Long.parseLong(name));
            }
        }
        return numbers;
    }

    private long removedTo(String journal) throws IOException {
        return names(journal).stream()
                .filter(name -> name.matches(REMOVED + PAGE))
                .mapToLong(name -> Long.parseLong(name.substring(REMOVED.length())))
                .max()
                .orElse(0);
    }

    private List<String> names(String journal) throws IOException {
        try (Stream<Path> files = Files.list(place(journal))) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    private Path place(String journal) {
        String name = URLEncoder.encode(journal, StandardCharsets.UTF_8);
        return folder.resolve(name.startsWith(".") ? "%2E" + name.substring(1) : name);
    }

    private static String name(long number) {
        return "%012d".formatted(number);
    }

    private static void force(Path place) throws IOException {
        try (FileChannel channel = FileChannel.open(place, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
