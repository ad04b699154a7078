package dev.pando.data.code;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Imports of Python. A name imported from a package is its submodule where there is one, or else the module that the
/// package's `__init__` takes it from: an import of a batch is one of what is meant.
final class PythonImports implements Imports {
    private static final Pattern IMPORT = Pattern.compile("(?m)(?:^|;)[ \\t]*import[ \\t]+([^\\n;]+)");
    private static final Pattern FROM =
            Pattern.compile(
                    "(?m)(?:^|;)[ \\t]*from[ \\t]+(\\.*)[ \\t]*([\\w.]*)[ \\t]+import[ \\t]*(\\([^)]*\\)|[^\\n;]+)");
    private static final int LINKS = 5; // of batches that import batches

    private final Map<String, Source> files = new HashMap<>();
    private final Set<String> roots = new TreeSet<>();
    private final Map<String, String> plain = new HashMap<>();

    PythonImports(List<Source> sources) {
        sources.forEach(source -> files.put(source.path(), source));
        sources.forEach(source -> roots.add(root(source.folder())));
    }

    @Override
    public Set<String> of(Source source) {
        Set<String> found = new TreeSet<>();
        String text = plain(source);
        for (Matcher one = IMPORT.matcher(text); one.find(); ) {
            for (String part : one.group(1).split(",")) {
                module(source, part.strip().split("\\s+")[0]).ifPresent(found::add);
            }
        }
        for (Matcher one = FROM.matcher(text); one.find(); ) {
            Optional<String> base = base(source, one.group(1).length(), one.group(2));
            base.ifPresent(module -> names(one.group(3)).forEach(name -> found.add(member(module, name, LINKS))));
        }
        found.removeIf(path -> path.endsWith("/"));
        found.remove(source.path());
        return found;
    }

    private static List<String> names(String list) {
        return Pattern.compile(",")
                .splitAsStream(list.replaceAll("[()\\\\]", " "))
                .map(part -> part.strip().split("\\s+")[0])
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private String plain(Source source) {
        return plain.computeIfAbsent(
                source.path(), _ -> Plain.of(source.text(), Plain.Style.PYTHON, false).replaceAll("\\\\\\r?\\n", " "));
    }

    /// The module that is imported from, as a file or as a folder with a slash behind it.
    private Optional<String> base(Source source, int dots, String name) {
        if (dots == 0) {
            return module(source, name).or(() -> folder(source, name));
        }
        String folder = source.folder();
        for (int up = 1; up < dots; up++) {
            if (folder.isEmpty()) {
                return Optional.empty();
            }
            folder = Source.folder(folder);
        }
        if (name.isEmpty()) {
            return Optional.of(file(folder, "__init__").orElse(folder + "/"));
        }
        String path = name.replace('.', '/');
        return file(folder, path).or(() -> Optional.of(join(source.folder(), path) + "/"));
    }

    private String member(String module, String name, int links) {
        boolean batch = module.endsWith("/") || module.endsWith("__init__.py") || module.endsWith("__init__.pyi");
        if (!batch) {
            return module;
        }
        String folder = module.endsWith("/") ? module.substring(0, module.length() - 1) : Source.folder(module);
        Optional<String> submodule = file(folder, name);
        if (submodule.isPresent()) {
            return submodule.get();
        }
        Source init = files.get(module);
        if (init == null || links == 0) {
            return module;
        }
        for (Matcher one = FROM.matcher(plain(init)); one.find(); ) {
            if (gives(one.group(3), name)) {
                Optional<String> base = base(init, one.group(1).length(), one.group(2));
                if (base.isPresent() && !base.get().equals(module)) {
                    return member(base.get(), original(one.group(3), name), links - 1);
                }
            }
        }
        return module;
    }

    private static boolean gives(String list, String name) {
        return Pattern.compile(",")
                .splitAsStream(list.replaceAll("[()\\\\]", " "))
                .map(part -> part.strip().split("\\s+"))
                .anyMatch(words -> words[words.length - 1].equals(name));
    }

    private static String original(String list, String name) {
        return Pattern.compile(",")
                .splitAsStream(list.replaceAll("[()\\\\]", " "))
                .map(part -> part.strip().split("\\s+"))
                .filter(words -> words[words.length - 1].equals(name))
                .map(words -> words[0])
                .findFirst()
                .orElse(name);
    }

    /// By the importer's own root first, then the usual ones, then those where the name is a package.
    private Optional<String> module(Source source, String name) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        String path = name.replace('.', '/');
        String top = path.contains("/") ? path.substring(0, path.indexOf('/')) : path;
        String own = root(source.folder());
        for (String root : List.of(own, "", "src", "lib", "python")) {
            Optional<String> file = file(root, path);
            if (file.isPresent()) {
                return file;
            }
        }
        TreeSet<String> found = new TreeSet<>();
        for (String root : roots) {
            if (files.containsKey(join(root, top) + "/__init__.py")) {
                file(root, path).ifPresent(found::add);
            }
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(JvmImports.nearest(found, source.path()));
    }

    private Optional<String> folder(Source source, String name) {
        String path = name.replace('.', '/');
        for (String root : List.of(root(source.folder()), "", "src")) {
            String folder = join(root, path) + "/";
            if (!name.isEmpty() && files.keySet().stream().anyMatch(file -> file.startsWith(folder))) {
                return Optional.of(folder);
            }
        }
        return Optional.empty();
    }

    private Optional<String> file(String folder, String path) {
        String at = join(folder, path);
        for (String file : List.of(at + ".py", at + "/__init__.py", at + ".pyi", at + "/__init__.pyi")) {
            if (files.containsKey(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    /// The first folder upwards that is no package.
    private String root(String folder) {
        String root = folder;
        while (!root.isEmpty() && files.containsKey(root + "/__init__.py")) {
            root = Source.folder(root);
        }
        return root;
    }

    private static String join(String folder, String path) {
        return folder.isEmpty() ? path : folder + "/" + path;
    }
}
