package dev.pando.training.data;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// A pattern of file names with the habits of `.gitignore`, since those are the ones that people have.
///
/// `*` and `?` stay within a name, `**/` stands for any number of directories, also none, `{a,b}` for either and
/// `[a-z]` for one character. A pattern without a slash is looked for at any depth.
public final class Glob {
    private static final String WHOLE_DIRECTORY = "/**";

    private final Pattern files;
    private final Pattern directories;
    private final boolean wantsHidden;

    public Glob(String pattern) {
        String anchored = anchored(pattern);
        wantsHidden = pattern.startsWith(".") && !pattern.startsWith("./") || pattern.contains("/.");
        files = Pattern.compile(regex(anchored), Pattern.DOTALL);
        directories =
                anchored.endsWith(WHOLE_DIRECTORY)
                        ? Pattern.compile(
                                regex(anchored.substring(0, anchored.length() - WHOLE_DIRECTORY.length())),
                                Pattern.DOTALL)
                        : files;
    }

    /// What is wrong with a pattern, as the rest of a sentence; null if it is well-formed.
    public static String fault(String pattern) {
        if (pattern.isBlank()) {
            return "is empty";
        }
        try {
            new Glob(pattern);
            return null;
        } catch (PatternSyntaxException e) {
            return "has a [ or { that is not closed, or closed twice";
        }
    }

    /// Whether a name is a pattern rather than a plain name.
    static boolean isGlob(String name) {
        return name.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
    }

    /// Whether it asks for names that begin with a dot.
    public boolean wantsHidden() {
        return wantsHidden;
    }

    /// @param file relative, with slashes
    public boolean matches(String file) {
        return files.matcher(file).matches();
    }

    /// Whether everything below a directory matches.
    ///
    /// @param directory relative, with slashes
    public boolean matchesAllOf(String directory) {
        return directories.matcher(directory).matches();
    }

    private static String anchored(String pattern) {
        String whole = pattern.endsWith("/") ? pattern + "**" : pattern;
        if (whole.startsWith("/")) {
            return whole.substring(1);
        }
        if (whole.startsWith("./")) {
            return whole.substring(2);
        }
        return pattern.indexOf('/') < 0 ? "**/" + whole : whole;
    }

    private static String regex(String glob) {
        StringBuilder regex = new StringBuilder();
        int braces = 0;
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            boolean startsName = i == 0 || glob.charAt(i - 1) == '/';
            switch (c) {
                case '*' -> {
                    if (startsName && glob.startsWith("**/", i)) {
                        regex.append("(?:.*/)?");
                        i += 2;
                    } else if (glob.startsWith("**", i)) {
                        regex.append(".*");
                        i++;
                    } else {
                        regex.append("[^/]*");
                    }
                }
                case '?' -> regex.append("[^/]");
                case '[' -> {
                    int end = glob.indexOf(']', i + 2);
                    if (end < 0) {
                        throw new PatternSyntaxException("unclosed [", glob, i);
                    }
                    String set =
                            glob.substring(i + 1, end).replace("\\", "\\\\").replace("[", "\\[").replace("&&", "&\\&");
                    regex.append('[').append(set.startsWith("!") ? "^/" + set.substring(1) : set).append(']');
                    i = end;
                }
                case '{' -> {
                    regex.append("(?:");
                    braces++;
                }
                case '}' -> {
                    regex.append(')');
                    braces--;
                }
                case ',' -> regex.append(braces > 0 ? "|" : ",");
                case '\\' -> regex.append(Pattern.quote(i + 1 < glob.length() ? glob.substring(i + 1, ++i + 1) : "\\"));
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        if (braces != 0) {
            throw new PatternSyntaxException("unclosed {", glob, glob.length());
        }
        return regex.toString();
    }
}
