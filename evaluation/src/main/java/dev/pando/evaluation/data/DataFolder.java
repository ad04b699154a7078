package dev.pando.evaluation.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Where the files of benchmarks lie: a folder of the user's, and what Pando brings itself.
///
/// A pattern is a path with `*` for anything within a name, `{name}` for what is to become a field of every record, and
/// `{name=a|b*}` for the same where only some are wanted; a file that is compressed as `.gz` is found by its plain name
/// too. `bundled:` names a file of Pando's own.
public final class DataFolder {
    private static final String BUNDLED = "bundled:";

    private final Path folder;
    private final String advice;

    /// @param name as an error calls it
    /// @param captured what stood in the places of the pattern
    record DataFile(String name, Map<String, String> captured, Opening opening) {}

    @FunctionalInterface
    interface Opening {
        InputStream open() throws IOException;
    }

    private DataFolder(Path folder, String advice) {
        this.folder = folder;
        this.advice = advice;
    }

    /// @param advice what a user can do where a file is not there
    public static DataFolder of(Path folder, String advice) {
        return new DataFolder(folder, advice);
    }

    /// All files that a pattern names, in the order of their names.
    ///
    /// @throws EvaluationException if it is absent
    List<DataFile> match(String pattern) {
        if (pattern.startsWith(BUNDLED)) {
            String name = pattern.substring(BUNDLED.length());
            if (DataFolder.class.getResource(resource(name)) == null) {
                throw new EvaluationException("Pando brings no file " + name);
            }
            return List.of(new DataFile(pattern, Map.of(), () -> DataFolder.class.getResourceAsStream(resource(name))));
        }
        Path plain = folder.resolve(pattern);
        if (!pattern.matches(".*[*{].*") && Files.isRegularFile(plain)) {
            return List.of(new DataFile(plain.toString(), Map.of(), () -> Files.newInputStream(plain)));
        }
        List<DataFile> found = found(pattern);
        if (found.isEmpty()) {
            throw new EvaluationException(folder + " holds no " + pattern + "; " + advice);
        }
        return found;
    }

    private List<DataFile> found(String pattern) {
        List<String> names = new ArrayList<>();
        Pattern regex = regex(pattern, names);
        if (!Files.isDirectory(folder)) {
            throw new EvaluationException(folder + " is no folder; " + advice);
        }
        try (Stream<Path> files = Files.walk(folder, 8, FileVisitOption.FOLLOW_LINKS)) {
            List<DataFile> found = new ArrayList<>();
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                Matcher match = regex.matcher(folder.relativize(file).toString());
                if (match.matches()) {
                    Map<String, String> captured = new LinkedHashMap<>();
                    for (int i = 0; i < names.size(); i++) {
                        captured.put(names.get(i), match.group(i + 1));
                    }
                    found.add(new DataFile(file.toString(), captured, () -> Files.newInputStream(file)));
                }
            }
            return found;
        } catch (IOException | UncheckedIOException failed) {
            throw new EvaluationException(folder + " cannot be read: " + failed.getMessage(), failed);
        }
    }

    private static Pattern regex(String pattern, List<String> names) {
        StringBuilder regex = new StringBuilder();
        Matcher place = Pattern.compile("\\*|\\{([a-z-]+)(?:=([^}]*))?}").matcher(pattern);
        int done = 0;
        while (place.find()) {
            regex.append(Pattern.quote(pattern.substring(done, place.start())));
            if (place.group(1) == null) {
                regex.append("[^/]*");
            } else {
                names.add(place.group(1));
                regex.append(place.group(2) == null ? "([^/]*?)" : "(" + alternatives(place.group(2)) + ")");
            }
            done = place.end();
        }
        return Pattern.compile(regex + Pattern.quote(pattern.substring(done)) + "(?:\\.gz)?");
    }

    private static String alternatives(String written) {
        return Stream.of(written.split("\\|"))
                .map(each -> Pattern.quote(each).replace("*", "\\E[^/]*\\Q"))
                .collect(java.util.stream.Collectors.joining("|"));
    }

    private static String resource(String name) {
        return "/dev/pando/evaluation/suite/" + name;
    }
}
