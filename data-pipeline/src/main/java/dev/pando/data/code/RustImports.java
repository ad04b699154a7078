package dev.pando.data.code;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Imports of Rust: `mod x;`, `use crate::a::{b, c}`, `super::`, `self::`, and the repository's other crates by name.
final class RustImports implements Imports {
    private static final Pattern MOD = Pattern.compile("(?m)^\\s*(?:pub(?:\\([^)]*\\))?\\s+)?mod\\s+(\\w+)\\s*;");
    private static final Pattern USE = Pattern.compile("\\buse\\s+([^;]+);");
    private static final Pattern PATH = Pattern.compile("\\b((?:crate|super|self)(?:::\\w+)+)");
    private static final Pattern NAME = Pattern.compile("(?m)^name\\s*=\\s*\"([^\"]+)\"");

    private final Set<String> paths = new TreeSet<>();
    private final Map<String, String> crates = new HashMap<>();

    /// @param manifests every `Cargo.toml`
    RustImports(List<Source> sources, List<Source> manifests) {
        sources.forEach(source -> paths.add(source.path()));
        for (Source manifest : manifests) {
            Matcher name = NAME.matcher(manifest.text());
            if (name.find()) {
                crates.put(name.group(1).replace('-', '_'), join(manifest.folder(), "src"));
            }
        }
    }

    @Override
    public Set<String> of(Source source) {
        String plain = Plain.of(source.text(), Plain.Style.RUST, false);
        Set<String> found = new TreeSet<>();
        for (Matcher mod = MOD.matcher(plain); mod.find(); ) {
            module(children(source), mod.group(1)).ifPresent(found::add);
        }
        List<String> names = new ArrayList<>();
        for (Matcher use = USE.matcher(plain); use.find(); ) {
            expand("", use.group(1).replaceAll("\\s+as\\s+\\w+", "").replaceAll("\\s", ""), names);
        }
        PATH.matcher(plain).results().forEach(path -> names.add(path.group(1)));
        for (String name : names) {
            resolve(source, name).ifPresent(found::add);
        }
        found.remove(source.path());
        return found;
    }

    /// `a::{b, c::d}` is `a::b` and `a::c::d`.
    private static void expand(String before, String rest, List<String> names) {
        int open = rest.indexOf('{');
        if (open < 0) {
            names.add(before + rest);
            return;
        }
        int depth = 0;
        int from = open + 1;
        for (int i = open; i < rest.length(); i++) {
            char c = rest.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (c == ',' && depth == 1 || c == '}' && depth == 0) {
                expand(before + rest.substring(0, open), rest.substring(from, i), names);
                from = i + 1;
            }
        }
    }

    private Optional<String> resolve(Source source, String name) {
        String[] parts = name.split("::", -1);
        String folder = children(source);
        int at = 0;
        switch (parts[0]) {
            case "crate" -> {
                folder = crateOf(source);
                at = 1;
            }
            case "self" -> at = 1;
            case "super" -> {
                while (at < parts.length && parts[at].equals("super")) {
                    folder = Source.folder(folder);
                    at++;
                }
            }
            default -> {
                String other = crates.get(parts[0]);
                if (other == null) {
                    return Optional.empty();
                }
                folder = other;
                at = 1;
            }
        }
        Optional<String> found = owner(folder);
        for (; at < parts.length; at++) {
            Optional<String> deeper = module(folder, parts[at]);
            if (deeper.isEmpty()) {
                break;
            }
            found = deeper;
            folder = join(folder, parts[at]);
        }
        return found;
    }

    private String crateOf(Source source) {
        for (String folder = source.folder(); ; folder = Source.folder(folder)) {
            if (paths.contains(join(folder, "lib.rs")) || paths.contains(join(folder, "main.rs")) || folder.isEmpty()) {
                return folder;
            }
        }
    }

    /// Where the modules lie that a file declares.
    private static String children(Source source) {
        return switch (source.name()) {
            case "mod.rs", "lib.rs", "main.rs" -> source.folder();
            default -> join(source.folder(), source.stem());
        };
    }

    /// The file whose modules lie in a folder.
    private Optional<String> owner(String folder) {
        for (String file :
                List.of(join(folder, "lib.rs"), join(folder, "main.rs"), join(folder, "mod.rs"), folder + ".rs")) {
            if (paths.contains(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    private Optional<String> module(String folder, String name) {
        String at = join(folder, name);
        return paths.contains(at + ".rs")
                ? Optional.of(at + ".rs")
                : Optional.of(at + "/mod.rs").filter(paths::contains);
    }

    private static String join(String folder, String name) {
        return folder.isEmpty() ? name : folder + "/" + name;
    }
}
