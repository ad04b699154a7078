package dev.pando.data.code;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Imports by quoted paths: includes of C and C++, modules of JavaScript and TypeScript, packages of Go.
final class PathImports {
    private PathImports() {}

    /// `#include "x"` and `<x>`: beside the file, or wherever one path ends so.
    static final class Includes implements Imports {
        private static final Pattern INCLUDE =
                Pattern.compile("(?m)^[ \\t]*#[ \\t]*(?:include|include_next|import)[ \\t]*([\"<])([^\">\\n]+)[\">]");

        private final Set<String> paths = new TreeSet<>();
        private final Map<String, TreeSet<String>> byName = new HashMap<>();

        Includes(List<Source> sources) {
            for (Source source : sources) {
                paths.add(source.path());
                byName.computeIfAbsent(source.name(), _ -> new TreeSet<>()).add(source.path());
            }
        }

        @Override
        public Set<String> of(Source source) {
            Set<String> found = new TreeSet<>();
            Matcher include = INCLUDE.matcher(Plain.of(source.text(), Plain.Style.BRACES, true));
            while (include.find()) {
                resolve(source, include.group(2).strip(), include.group(1).equals("<")).ifPresent(found::add);
            }
            found.remove(source.path());
            return found;
        }

        private Optional<String> resolve(Source source, String name, boolean system) {
            if (!system) {
                Optional<String> beside = Source.within(source.folder(), name).filter(paths::contains);
                if (beside.isPresent()) {
                    return beside;
                }
            }
            String tail = name.replaceFirst("^(\\.\\.?/)+", "");
            Set<String> ending = new TreeSet<>();
            for (String path : byName.getOrDefault(tail.substring(tail.lastIndexOf('/') + 1), new TreeSet<>())) {
                boolean fits = path.equals(tail) || path.endsWith("/" + tail);
                // <string.h> is the system's, unless the repository has a folder of includes
                boolean ours = !system || tail.contains("/") || ("/" + path).contains("/include/");
                if (fits && ours) {
                    ending.add(path);
                }
            }
            return ending.isEmpty() ? Optional.empty() : Optional.of(JvmImports.nearest(ending, source.path()));
        }
    }

    /// `import … from './x'`, `export … from`, `require('./x')`, `import('./x')`; packages of the repository by name.
    static final class Modules implements Imports {
        private static final Pattern IMPORT =
                Pattern.compile("(?:\\bfrom\\s*|\\bimport\\s*\\(?\\s*|\\brequire\\s*\\(\\s*)([\"'`])([^\"'`\\n]+)\\1");
        private static final Pattern NAME = Pattern.compile("\"name\"\\s*:\\s*\"([^\"]+)\"");
        private static final List<String> ENDINGS =
                List.of("", ".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".json");

        private final Set<String> paths = new TreeSet<>();
        private final Map<String, String> packages = new HashMap<>();

        /// @param manifests every `package.json`
        Modules(List<Source> sources, List<Source> manifests) {
            sources.forEach(source -> paths.add(source.path()));
            for (Source manifest : manifests) {
                Matcher name = NAME.matcher(manifest.text());
                if (name.find()) {
                    packages.put(name.group(1), manifest.folder());
                }
            }
        }

        @Override
        public Set<String> of(Source source) {
            Set<String> found = new TreeSet<>();
            Matcher one = IMPORT.matcher(Plain.of(source.text(), Plain.Style.SCRIPT, true));
            while (one.find()) {
                resolve(source, one.group(2)).ifPresent(found::add);
            }
            found.remove(source.path());
            return found;
        }

        private Optional<String> resolve(Source source, String name) {
            String clean = name.replaceFirst("[?#].*$", "");
            if (clean.startsWith("./") || clean.startsWith("../") || clean.equals(".") || clean.equals("..")) {
                return Source.within(source.folder(), clean).flatMap(this::file);
            }
            if (clean.startsWith("@/") || clean.startsWith("~/")) {
                String rest = clean.substring(2);
                for (String folder = source.folder(); ; folder = Source.folder(folder)) {
                    String base = folder.isEmpty() ? "" : folder + "/";
                    Optional<String> file = file(base + "src/" + rest).or(() -> file(base + rest));
                    if (file.isPresent() || folder.isEmpty()) {
                        return file;
                    }
                }
            }
            return ofPackage(clean);
        }

        private Optional<String> ofPackage(String name) {
            for (String known = name; !known.isEmpty(); known = Source.folder(known)) {
                String folder = packages.get(known);
                if (folder != null) {
                    String rest = name.substring(known.length()).replaceFirst("^/", "");
                    String base = folder.isEmpty() ? "" : folder + "/";
                    return rest.isEmpty()
                            ? file(base + "src/index").or(() -> file(base + "index")).or(() -> file(base + "lib/index"))
                            : file(base + rest).or(() -> file(base + "src/" + rest));
                }
            }
            return Optional.empty();
        }

        private Optional<String> file(String path) {
            for (String ending : ENDINGS) {
                if (paths.contains(path + ending)) {
                    return Optional.of(path + ending);
                }
            }
            // TypeScript imports what it will be compiled to
            String source = path.replaceFirst("\\.([mc]?)js(x?)$", ".$1ts$2");
            if (!source.equals(path) && paths.contains(source)) {
                return Optional.of(source);
            }
            for (String ending : ENDINGS) {
                String index = (path.isEmpty() ? "" : path + "/") + "index" + ending;
                if (!ending.isEmpty() && paths.contains(index)) {
                    return Optional.of(index);
                }
            }
            return Optional.empty();
        }
    }

    /// `import "module/folder"`: all files of the folder but its tests.
    static final class Packages implements Imports {
        private static final Pattern BLOCK =
                Pattern.compile("(?m)^import\\s*\\(([^)]*)\\)|^import\\s+[^\"\\n(]*(\"[^\"\\n]+\"|`[^`]+`)");
        private static final Pattern QUOTED = Pattern.compile("[\"`]([^\"`\\n]+)[\"`]");
        private static final Pattern MODULE = Pattern.compile("(?m)^module\\s+(\\S+)");

        private final Map<String, TreeSet<String>> folders = new HashMap<>();
        private final Map<String, String> modules = new HashMap<>();

        /// @param manifests every `go.mod`
        Packages(List<Source> sources, List<Source> manifests) {
            for (Source source : sources) {
                if (!source.name().endsWith("_test.go")) {
                    folders.computeIfAbsent(source.folder(), _ -> new TreeSet<>()).add(source.path());
                }
            }
            for (Source manifest : manifests) {
                Matcher module = MODULE.matcher(manifest.text());
                if (module.find()) {
                    modules.put(module.group(1).replace("\"", ""), manifest.folder());
                }
            }
        }

        @Override
        public Set<String> of(Source source) {
            Set<String> found = new TreeSet<>();
            Matcher block = BLOCK.matcher(Plain.of(source.text(), Plain.Style.SCRIPT, true));
            while (block.find()) {
                Matcher quoted = QUOTED.matcher(block.group());
                while (quoted.find()) {
                    folder(quoted.group(1))
                            .ifPresent(folder -> found.addAll(folders.getOrDefault(folder, new TreeSet<>())));
                }
            }
            found.remove(source.path());
            return found;
        }

        /// By the module with the longest name that the path begins with.
        private Optional<String> folder(String path) {
            for (String module = path; !module.isEmpty(); module = Source.folder(module)) {
                String at = modules.get(module);
                if (at != null) {
                    String rest = path.substring(module.length()).replaceFirst("^/", "");
                    return Optional.of(at.isEmpty() ? rest : rest.isEmpty() ? at : at + "/" + rest);
                }
            }
            // the standard library's own tree has no module name in front
            return modules.containsKey("std") && folders.containsKey(path) ? Optional.of(path) : Optional.empty();
        }
    }
}
