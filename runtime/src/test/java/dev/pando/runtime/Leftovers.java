package dev.pando.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What this process holds just now, as the kernel and the JVM count it.
///
/// @param threads by name, without the numbers in it: how many
/// @param mappings of memory, by what lies there
/// @param files that are open
/// @param shared folders of this process in shared memory
record Leftovers(Map<String, Long> threads, Map<String, Long> mappings, long files, long shared) {
    private static final int LAST_FIELD = 5; // address, rights, offset, device, inode, and what lies there

    static Leftovers now() {
        System.gc(); // what only waits for the collector is let go of
        return new Leftovers(countThreads(), countMappings(), count(Path.of("/proc/self/fd")), countShared());
    }

    /// What is here beyond what was there before, in words; empty where nothing is.
    String beyond(Leftovers before, int slack) {
        StringBuilder more = new StringBuilder();
        grown("thread", before.threads, threads, slack, more);
        grown("mapping", before.mappings, mappings, slack, more);
        if (files > before.files + slack) {
            more.append(files - before.files).append(" open files\n");
        }
        if (shared > before.shared) {
            more.append(shared - before.shared).append(" folders in shared memory\n");
        }
        return more.toString();
    }

    private static void grown(
            String what, Map<String, Long> before, Map<String, Long> now, int slack, StringBuilder more) {
        now.forEach((name, count) -> {
            long grown = count - before.getOrDefault(name, 0L);
            if (grown > slack) {
                more.append(grown).append(' ').append(what).append(' ').append(name).append('\n');
            }
        });
    }

    private static Map<String, Long> countThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .collect(
                        Collectors.groupingBy(
                                thread -> thread.getName().replaceAll("[0-9]+", "N"),
                                TreeMap::new,
                                Collectors.counting()));
    }

    /// The JVM's own memory comes and goes in pieces without a name, and is not counted.
    private static Map<String, Long> countMappings() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.map(line -> line.split("\\s+", LAST_FIELD + 1))
                    .filter(fields -> fields.length > LAST_FIELD && fields[LAST_FIELD].startsWith("/"))
                    .map(fields ->
                            fields[LAST_FIELD]
                                    .replace(" (deleted)", "")
                                    .replaceAll("[0-9a-f]{16,}", "H")
                                    .replaceAll("[0-9]+", "N"))
                    .collect(Collectors.groupingBy(name -> name, TreeMap::new, Collectors.counting()));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static long countShared() {
        String mine = "-" + ProcessHandle.current().pid() + "-";
        try (Stream<Path> folders = Files.list(Path.of("/dev/shm"))) {
            return folders.filter(folder -> folder.getFileName().toString().contains(mine)).count();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static long count(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
