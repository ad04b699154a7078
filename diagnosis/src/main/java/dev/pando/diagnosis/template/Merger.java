package dev.pando.diagnosis.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Finds the forms that are one template with a word for a variable: equal but for one place, where many words, or
/// words that look like names, stand.
///
/// Masking makes most lines of a template equal. What is left are names without digits: users, hosts, components,
/// states. The order of forms decides no merge.
final class Merger {
    private static final String VARIABLE = String.valueOf((char) Mask.VARIABLE);
    private static final int ROUNDS = 4;

    /// Plain words in one place from which they are a variable; fewer may be what tells two templates apart.
    private static final int PLAIN_WORDS = 8;

    /// The same of words that look like names, or stand where names do.
    private static final int NAMES = 3;

    /// Words that tell templates apart, however many there are.
    private static final Set<String> VERBS = Set.of("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS");

    /// Words behind which a name stands.
    private static final Set<String> TELL_OF_NAMES =
            Set.of(
                    "user",
                    "for",
                    "by",
                    "from",
                    "host",
                    "node",
                    "service",
                    "client",
                    "server",
                    "domain",
                    "interface",
                    "name",
                    "named",
                    "file",
                    "class",
                    "module",
                    "package",
                    "device",
                    "process",
                    "thread",
                    "queue",
                    "topic",
                    "table",
                    "key",
                    "component",
                    "container",
                    "pod",
                    "image",
                    "directory",
                    "path",
                    "partition",
                    "volume");

    /// Words that must stay, or a name may be all that a line says.
    private static final int STAYING = 2;

    /// A form in parts: words and variables, and what stands between.
    private static final class Parts {
        final List<Integer> members = new ArrayList<>();
        final String[] words;
        final String[] gaps;

        Parts(String[] words, String[] gaps) {
            this.words = words;
            this.gaps = gaps;
        }

        String key(int without) {
            StringBuilder key = new StringBuilder();
            for (int i = 0; i < words.length; i++) {
                key.append(gaps[i]).append(i == without ? VARIABLE : words[i]);
            }
            return key.append(gaps[words.length]).toString();
        }

        int plain(int without) {
            int plain = 0;
            for (int i = 0; i < words.length; i++) {
                plain += i != without && !words[i].equals(VARIABLE) && words[i].length() > 1 ? 1 : 0;
            }
            return plain;
        }
    }

    private Merger() {}

    /// For each form the template it belongs to, as a masked line.
    static List<String> templates(List<String> forms) {
        Map<String, Parts> all = new LinkedHashMap<>();
        for (int i = 0; i < forms.size(); i++) {
            Parts parts = parts(forms.get(i));
            all.computeIfAbsent(parts.key(-1), key -> parts).members.add(i);
        }
        for (int round = 0; round < ROUNDS && merge(all); round++) {}
        String[] templates = new String[forms.size()];
        all.forEach((key, parts) -> parts.members.forEach(member -> templates[member] = key));
        return List.of(templates);
    }

    private static boolean merge(Map<String, Parts> all) {
        int longest = all.values().stream().mapToInt(parts -> parts.words.length).max().orElse(0);
        boolean merged = false;
        for (int place = 0; place < longest; place++) {
            int at = place;
            Map<String, List<Parts>> siblings = new HashMap<>();
            for (Parts parts : all.values()) {
                if (place < parts.words.length && parts.plain(place) >= STAYING) {
                    siblings.computeIfAbsent(parts.key(place), key -> new ArrayList<>()).add(parts);
                }
            }
            List<String> keys = siblings.keySet().stream().sorted().toList();
            for (String key : keys) {
                List<Parts> group = siblings.get(key);
                if (group.size() > 1 && isVariable(group, at)) {
                    unite(all, group, key, at);
                    merged = true;
                }
            }
        }
        return merged;
    }

    private static void unite(Map<String, Parts> all, List<Parts> group, String key, int place) {
        Parts first = group.getFirst();
        String[] words = first.words.clone();
        words[place] = VARIABLE;
        Parts united = new Parts(words, first.gaps);
        for (Parts parts : group) {
            all.remove(parts.key(-1));
            united.members.addAll(parts.members);
        }
        Parts known = all.get(key);
        if (known != null) {
            known.members.addAll(united.members);
        } else {
            all.put(key, united);
        }
    }

    private static boolean isVariable(List<Parts> group, int place) {
        TreeSet<String> words = new TreeSet<>();
        group.forEach(parts -> words.add(parts.words[place]));
        boolean beside = words.remove(VARIABLE);
        Parts one = group.getFirst();
        String before = one.gaps[place];
        String after = one.gaps[place + 1];
        if (after.startsWith("=") || words.stream().anyMatch(VERBS::contains)) {
            return false;
        }
        boolean enclosed = ends(before, "\"'") && starts(after, "\"'") || ends(before, "([{<") && starts(after, ")]}>");
        long names = words.stream().filter(Merger::isName).count();
        if (place == 0 && before.isEmpty()) {
            return names == words.size() && words.size() >= PLAIN_WORDS || words.size() >= 3 * PLAIN_WORDS;
        }
        boolean told =
                place > 0
                        && before.equals(" ")
                        && TELL_OF_NAMES.contains(one.words[place - 1].toLowerCase(Locale.ROOT));
        if (beside) {
            return enclosed || told || names * 2 >= words.size() || one.plain(place) >= 3 || words.size() >= NAMES;
        }
        if (names == words.size()) {
            return words.size() >= NAMES;
        }
        return words.size() >= (enclosed || told ? NAMES : PLAIN_WORDS);
    }

    private static boolean ends(String gap, String characters) {
        return !gap.isEmpty() && characters.indexOf(gap.charAt(gap.length() - 1)) >= 0;
    }

    private static boolean starts(String gap, String characters) {
        return !gap.isEmpty() && characters.indexOf(gap.charAt(0)) >= 0;
    }

    /// A word that no sentence holds: with a sign inside, in camel case, or all capitals.
    private static boolean isName(String word) {
        boolean upperInside = false;
        boolean lower = false;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '_'
                    || c == '.' && i + 1 < word.length()
                    || c == '/'
                    || c == '\\'
                    || c == '$'
                    || c == '-' && i > 0) {
                return true;
            }
            upperInside |= i > 0 && Character.isUpperCase(c);
            lower |= Character.isLowerCase(c);
        }
        return upperInside && (lower || word.length() > 2) || word.length() == 1;
    }

    private static Parts parts(String form) {
        List<String> words = new ArrayList<>();
        List<String> gaps = new ArrayList<>();
        int at = 0;
        int n = form.length();
        while (true) {
            int gap = at;
            while (gap < n && separates(form.charAt(gap))) {
                gap++;
            }
            gaps.add(form.substring(at, gap));
            if (gap == n) {
                break;
            }
            int end = gap;
            while (end < n && !separates(form.charAt(end))) {
                end++;
            }
            words.add(form.substring(gap, end));
            at = end;
        }
        return new Parts(words.toArray(String[]::new), gaps.toArray(String[]::new));
    }

    private static boolean separates(char c) {
        return c < 128 && Mask.separates((byte) c);
    }
}
