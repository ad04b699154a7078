package dev.pando.diagnosis.rule;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Reason;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// One sign of one cause: a pattern of lines, what it means, and examples that prove it.
///
/// @param id its name, unique in a rule set
/// @param reason what a match says
/// @param action what to do about it
/// @param level how near the root such a line is: the higher, the more other lines it explains
/// @param any texts in lower case, one of which a line must hold before the pattern is tried
/// @param pattern in RE2's syntax, so that its time is linear; its group `node` is the blamed node
/// @param near a pattern that one of the lines before, or this one, must hold
/// @param unless a pattern that none of them may hold
/// @param except a pattern that this line may not hold
/// @param yields whether it is a consequence where a collective or a connection failed before it
/// @param says the cause in words
/// @param positives lines that it matches; a near line stands before, parted by a line break
/// @param negatives lines that it does not match
/// @param author who wrote it: `pando`, a person, `incidents` or a model
/// @param active false while a learned rule is in shadow: it is counted and decides nothing
public record Rule(
        String id,
        Reason reason,
        Action action,
        double level,
        List<String> any,
        Pattern pattern,
        Optional<Pattern> near,
        Optional<Pattern> unless,
        Optional<Pattern> except,
        boolean yields,
        String says,
        List<String> positives,
        List<String> negatives,
        String author,
        boolean active) {
    public Rule {
        any = List.copyOf(any);
        positives = List.copyOf(positives);
        negatives = List.copyOf(negatives);
    }

    /// Whether a text of one or more lines, the last of which is looked at, is of this rule.
    public boolean matches(String text) {
        List<String> lines = text.lines().toList();
        String last = lines.getLast();
        return holdsAny(last) && find(last) >= 0 && allows(lines);
    }

    /// Where the pattern begins in the line, or -1; also where the line is an exception.
    int find(String line) {
        Matcher found = pattern.matcher(line);
        boolean excepted = except.map(exception -> exception.matcher(line).find()).orElse(false);
        return !excepted && found.find() ? found.start() : -1;
    }

    /// The node that the pattern names in the line.
    public Optional<String> node(String line) {
        Integer group = pattern.namedGroups().get("node");
        if (group == null) {
            return Optional.empty();
        }
        Matcher found = pattern.matcher(line);
        return found.find() ? Optional.ofNullable(found.group(group)) : Optional.empty();
    }

    /// Whether the lines around allow a match.
    boolean allows(Iterable<String> around) {
        return near.map(pattern -> anyHolds(pattern, around)).orElse(true)
                && !unless.map(pattern -> anyHolds(pattern, around)).orElse(false);
    }

    private boolean holdsAny(String line) {
        String lower = line.toLowerCase(Locale.ROOT);
        return any.isEmpty() || any.stream().anyMatch(lower::contains);
    }

    private static boolean anyHolds(Pattern pattern, Iterable<String> lines) {
        for (String line : lines) {
            if (pattern.matcher(line).find()) {
                return true;
            }
        }
        return false;
    }
}
