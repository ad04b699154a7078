package dev.pando.diagnosis.text;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.List;
import java.util.Locale;

/// Which rank and which node wrote a line, where the line says so.
///
/// @param node a host name, an address, a pod; or an empty text
/// @param rank a rank's number as text; or an empty text
public record Origin(String node, String rank) {
    /// A line that says neither.
    public static final Origin NONE = new Origin("", "");

    private static final int LOOKED_AT = 200;

    /// Shapes of tags, the most telling first.
    private static final List<Pattern> TAGS =
            List.of(
                    // NCCL: host:pid:tid [device]
                    Pattern.compile("(?:^|\\s|\\])(?P<node>[A-Za-z0-9][\\w.-]*):\\d+:\\d+ \\[(?P<rank>\\d+)\\]"),
                    // torchrun, PyTorch, Megatron, DeepSpeed
                    Pattern.compile("\\[(?:default)(?P<rank>\\d+)\\]:"),
                    Pattern.compile("(?i)\\[(?:global )?rank[ _:=]?(?P<rank>\\d+)[\\]|,\\s]"),
                    Pattern.compile("(?i)\\bPG (?:ID \\S+ )?.*?Rank (?P<rank>\\d+)\\]"),
                    Pattern.compile("\\[(?P<node>[A-Za-z][\\w.-]*):(?P<rank>\\d{1,5})\\]:?\\s"),
                    // mpirun --tag-output
                    Pattern.compile("^\\[\\d+,(?P<rank>\\d+)\\]<std(?:err|out)>:"),
                    // Ray
                    Pattern.compile("\\bpid=\\d+(?:, )ip=(?P<node>[\\d.]+)\\)"),
                    // srun --label
                    Pattern.compile("^\\s*(?P<rank>\\d{1,4}): "),
                    // pdsh, DeepSpeed's launcher, kubectl logs --prefix
                    Pattern.compile(
                            "^\\[?(?:pod/)?(?P<node>[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*\\d[a-z0-9.-]*)(?:/\\S+)?\\]?:? "),
                    // syslog
                    Pattern.compile("^[A-Z][a-z]{2}\\s+\\d+ \\d\\d:\\d\\d:\\d\\d (?P<node>[A-Za-z0-9][\\w.-]*) \\S+:"),
                    Pattern.compile(
                            "^\\d{4}-\\d\\d-\\d\\dT[\\d:.+Z-]+ (?P<node>[a-z][\\w.-]*)"
                                    + " (?:kernel|systemd|slurm\\w*|kubelet)"),
                    Pattern.compile("(?i)\\b(?:on|from) rank (?P<rank>\\d+)\\b"),
                    Pattern.compile("(?i)\\b(?:global )?rank[ =:]+(?P<rank>\\d+)\\b"));

    /// The origin that a line's tags name.
    public static Origin of(String line) {
        String head = line.length() > LOOKED_AT ? line.substring(0, LOOKED_AT) : line;
        for (Pattern tag : TAGS) {
            Matcher found = tag.matcher(head);
            if (found.find()) {
                return new Origin(group(tag, found, "node"), group(tag, found, "rank"));
            }
        }
        return NONE;
    }

    /// The node, or else the rank, for a person; empty where there is neither.
    public String name() {
        return !node.isEmpty() ? node : rank.isEmpty() ? "" : "rank " + rank;
    }

    private static String group(Pattern pattern, Matcher found, String name) {
        Integer number = pattern.namedGroups().get(name);
        String text = number == null ? null : found.group(number);
        return text == null ? "" : text.toLowerCase(Locale.ROOT);
    }
}
