package dev.pando.data.code;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One file of a repository.
///
/// @param path from the repository's root, with slashes
/// @param language empty for a file that is no code
record Source(String path, Optional<Language> language, String text) {
    String folder() {
        return folder(path);
    }

    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /// Name without its ending.
    String stem() {
        String name = name();
        int point = name.lastIndexOf('.');
        return point < 0 ? name : name.substring(0, point);
    }

    /// The folder that a path lies in; empty for the root.
    static String folder(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    /// A path within a folder, `.` and `..` resolved; empty where it leads out of the repository.
    static Optional<String> within(String folder, String relative) {
        String joined = folder.isEmpty() ? relative : folder + "/" + relative;
        List<String> parts = new ArrayList<>();
        for (String part : joined.split("/", -1)) {
            if (part.equals("..")) {
                if (parts.isEmpty()) {
                    return Optional.empty();
                }
                parts.removeLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return Optional.of(String.join("/", parts));
    }
}
