package dev.pando.data.code;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Imports of Java and Kotlin: by import, by simple name within a package, by qualified name.
final class JvmImports implements Imports {
    private static final Pattern PACKAGE = Pattern.compile("(?m)^\\s*package\\s+([\\w.`]+)");
    private static final Pattern IMPORT =
            Pattern.compile(
                    "(?m)^\\s*import\\s+(?:static\\s+|module\\s+)?([\\w`]+(?:\\.[\\w`]+)*(?:\\.\\*)?)(?:\\s+as\\s+\\w+)?");
    private static final Pattern TYPE =
            Pattern.compile("\\b(?:class|interface|enum|record|object|typealias)\\s+([A-Za-z_]\\w*)");
    private static final Pattern MEMBER =
            Pattern.compile("(?m)^(?:[a-z]+\\s+)*(?:fun\\s+(?:<[^>]*>\\s*)?(?:[\\w.<>?]+\\.)?|val\\s+|var\\s+)(\\w+)");
    private static final Pattern NAME =
            Pattern.compile("(?<![\\w.$])([a-zA-Z_$][\\w$]*(?:\\s*\\.\\s*[a-zA-Z_$][\\w$]*)*)");
    private static final Pattern PARAMETERS = Pattern.compile("<\\s*([A-Z]\\w*)\\b");

    /// Types and top-level members of a package, by name.
    private final Map<String, Map<String, TreeSet<String>>> packages = new HashMap<>();

    JvmImports(List<Source> sources) {
        for (Source source : sources) {
            String plain = Plain.of(source.text(), Plain.Style.BRACES, false);
            Map<String, TreeSet<String>> names = packages.computeIfAbsent(packageOf(plain), _ -> new HashMap<>());
            if (!source.name().equals("package-info.java") && !source.name().equals("module-info.java")) {
                add(names, source.stem(), source);
            }
            String outside = outermost(plain);
            TYPE.matcher(outside).results().forEach(type -> add(names, type.group(1), source));
            if (source.language().orElseThrow() == Language.KOTLIN) {
                MEMBER.matcher(outside).results().forEach(member -> add(names, member.group(1), source));
            }
        }
    }

    private static void add(Map<String, TreeSet<String>> names, String name, Source source) {
        names.computeIfAbsent(name, _ -> new TreeSet<>()).add(source.path());
    }

    @Override
    public Set<String> of(Source source) {
        String plain = Plain.of(source.text(), Plain.Style.BRACES, false);
        Set<String> found = new TreeSet<>();
        Map<String, String> single = new HashMap<>();
        Set<String> demanded = new HashSet<>();
        Matcher imports = IMPORT.matcher(plain);
        int code = 0;
        while (imports.find()) {
            code = imports.end();
            String name = imports.group(1).replace("`", "");
            if (name.endsWith(".*")) {
                demanded.add(name.substring(0, name.length() - 2));
                resolve(name.substring(0, name.length() - 2), source, found);
            } else {
                resolve(name, source, found);
                single.put(name.substring(name.lastIndexOf('.') + 1), name);
            }
        }
        named(source, plain.substring(code), single, demanded, found);
        found.remove(source.path());
        return found;
    }

    /// What the code names without importing it by name.
    private void named(
            Source source, String code, Map<String, String> single, Set<String> demanded, Set<String> found) {
        Set<String> own = new HashSet<>(single.keySet());
        TYPE.matcher(code).results().forEach(type -> own.add(type.group(1)));
        PARAMETERS
                .matcher(code)
                .results()
                .filter(name -> name.group(1).length() == 1)
                .forEach(name -> own.add(name.group(1)));
        String home = packageOf(Plain.of(source.text(), Plain.Style.BRACES, false));
        Set<String> seen = new HashSet<>();
        Matcher names = NAME.matcher(code);
        while (names.find()) {
            String name = names.group(1).replaceAll("\\s", "");
            if (!seen.add(name)) {
                continue;
            }
            int point = name.indexOf('.');
            String head = point < 0 ? name : name.substring(0, point);
            if (own.contains(head)) {
                continue;
            }
            boolean member = source.language().orElseThrow() == Language.KOTLIN;
            if (Character.isUpperCase(head.charAt(0)) || member) {
                if (look(home, head, source, found)) {
                    continue;
                }
                for (String demand : new TreeSet<>(demanded)) {
                    look(demand, head, source, found);
                }
                look("java.lang", head, source, found);
            }
            if (point > 0 && Character.isLowerCase(head.charAt(0))) {
                resolve(name, source, found);
            }
        }
    }

    private boolean look(String home, String name, Source source, Set<String> found) {
        TreeSet<String> files = packages.getOrDefault(home, Map.of()).get(name);
        if (files == null) {
            return false;
        }
        found.add(nearest(files, source.path()));
        return true;
    }

    /// The longest package that a qualified name begins with, and the type behind it.
    private void resolve(String name, Source source, Set<String> found) {
        for (int end = name.length(); end > 0; end = name.lastIndexOf('.', end - 1)) {
            int point = name.lastIndexOf('.', end - 1);
            if (point < 0) {
                return;
            }
            String type = name.substring(point + 1, end);
            if (packages.containsKey(name.substring(0, point)) && look(name.substring(0, point), type, source, found)) {
                return;
            }
        }
    }

    /// Of several files that declare a name, the one whose path has most in common, then the shorter.
    static String nearest(Set<String> paths, String to) {
        String best = null;
        for (String path : paths) {
            if (best == null
                    || common(path, to) > common(best, to)
                    || common(path, to) == common(best, to) && path.length() < best.length()) {
                best = path;
            }
        }
        return best;
    }

    private static int common(String a, String b) {
        int last = 0;
        for (int i = 0; i < Math.min(a.length(), b.length()) && a.charAt(i) == b.charAt(i); i++) {
            last = a.charAt(i) == '/' ? i + 1 : last;
        }
        return last;
    }

    private static String packageOf(String plain) {
        Matcher declared = PACKAGE.matcher(plain);
        return declared.find() ? declared.group(1).replace("`", "") : "";
    }

    /// What stands in no braces.
    private static String outermost(String plain) {
        StringBuilder outside = new StringBuilder();
        int depth = 0;
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                outside.append(c);
            }
        }
        return outside.toString();
    }
}
