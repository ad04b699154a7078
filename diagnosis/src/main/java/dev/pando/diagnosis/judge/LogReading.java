package dev.pando.diagnosis.judge;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.rule.ErrorClass;
import dev.pando.diagnosis.rule.Matches;
import dev.pando.diagnosis.rule.Rule;
import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.text.Clean;
import dev.pando.diagnosis.text.Origin;
import dev.pando.diagnosis.text.Stamp;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Reads one log line by line and keeps what speaks for a cause: signs, steps, times. Bounded, whatever the log's size.
final class LogReading {
    private static final int AROUND = 60;
    private static final int SIGNS = 2000;
    private static final int TEXT = 400;

    private static final Pattern ADVICE =
            Pattern.compile(
                    "(?i)\\b(?:might|may|could|can|should)"
                            + " (?:be|also|have|happen|indicate|lead|occur|result)\\b[^.;]*$|\\b(?:possibl[ey]|perhaps|usually|e\\.g\\.|for"
                            + " example|please (?:try|check|consider)|consider|to (?:avoid|debug)|in order to|if you|if"
                            + " reserved|potential root causes?|caused by unexpected|happen when)\\b[^.;]*$");
    private static final Pattern TEARDOWN =
            Pattern.compile(
                    "Exception ignored in|__del__|destroy_process_group|atexit|_shutdown_workers|_exit_function|Error"
                            + " in sys\\.excepthook|shutdown\\(self\\)|\\bTemporaryDirectory\\b|resource_tracker");
    private static final Pattern WARNING = Pattern.compile("(?i)^.{0,60}\\b(?:warn|warning|info|debug)\\b");
    private static final Pattern FRAME = Pattern.compile("File \"([^\"]+)\", line (\\d+)(?:, in (\\S+))?");
    private static final Pattern LIBRARY =
            Pattern.compile(
                    "site-packages|dist-packages|/lib/python|<frozen|<string>|<stdin>|/opt/conda|/torch/|deepspeed/");
    private static final Pattern STACKS =
            Pattern.compile(
                    "^\\s*(?:\\[\\S+\\]:?\\s*)?Thread (?:0x)?[0-9a-f]+ \\((?:active|idle|most recent call"
                            + " first|LWP)|Full thread dump|Current thread 0x|py-spy|Timeout \\(\\d+:\\d\\d:\\d\\d\\)!|\""
                            + " #\\d+ .*prio=");
    private static final Pattern FINISHED =
            Pattern.compile(
                    "(?i)training (?:is )?(?:complete|finished|done)|done training|successfully"
                            + " (?:finished|completed)|exit(?:ed)? with (?:code|status) 0\\b|hash sha256:|run completed");
    private static final Pattern ALIVE =
            Pattern.compile(
                    "(?i)\\bPULSE\\b|heartbeat|still (?:running|waiting|alive)|is running for|waiting for|keepalive|no"
                            + " progress|stuck|hang(?:s|ing)?\\b|hung\\b|idle for|0% (?:gpu )?util");

    private final String file;
    private final RuleSet rules;
    private final Matches matches;
    private final Recent recent = new Recent(AROUND);
    private final Map<String, Finding> signs = new LinkedHashMap<>();
    private final Map<String, Finding> lastException = new LinkedHashMap<>();
    private final Steps steps = new Steps();
    private final Map<String, Finding.Chain> chained = new LinkedHashMap<>();

    private long lines;
    private long ignored;
    private long stackLines;
    private long stackFirst;
    private String stackText = "";
    private long finishedLine;
    private long aliveLine;
    private long aliveCount;
    private String aliveText = "";
    private String lastStamped = "";
    private String tail = "";

    LogReading(String file, RuleSet rules, Matches matches) {
        this.file = file;
        this.rules = rules;
        this.matches = matches;
    }

    void read(String raw, long number) {
        String line = Clean.line(raw);
        if (line.isBlank()) {
            return;
        }
        lines = number;
        recent.add(line);
        tail = line;
        boolean forward = maybeStep(line) && steps.read(line, number);
        if (forward) {
            return;
        }
        marks(line, number);
        List<Matches.Match> found = matches.of(line, recent);
        for (Matches.Match match : found) {
            if (match.rule().active()) {
                sign(match, line, number);
            }
        }
        boolean explained = found.stream().anyMatch(match -> match.rule().active());
        if (looksRaised(line)) {
            exception(line, number, explained);
        }
        chainMarks(line);
    }

    private static boolean maybeStep(String line) {
        return contains(line, "loss")
                || contains(line, "grad")
                || contains(line, "verflow")
                || contains(line, "checkpoint");
    }

    private static boolean contains(String line, String text) {
        return line.contains(text) || line.contains(text.toUpperCase(Locale.ROOT)) || line.contains(capital(text));
    }

    private static String capital(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    private static boolean looksRaised(String line) {
        return line.contains("Error")
                || line.contains("Exception")
                || line.contains("Interrupt")
                || line.contains("Timeout")
                || line.contains("timeout")
                || line.contains("Exit")
                || line.contains("Failure")
                || line.contains("StopIteration")
                || line.contains("ZipFile")
                || line.contains("gaierror")
                || line.contains(".Empty")
                || line.contains("NotFound")
                || line.contains("Aborted");
    }

    private void marks(String line, long number) {
        if (line.indexOf(':') >= 0 && line.length() > 8 && Character.isDigit(firstDigit(line))) {
            lastStamped = line;
        }
        if (STACKS.matcher(line).find()) {
            stackLines++;
            if (stackFirst == 0) {
                stackFirst = number;
                stackText = line;
            }
        }
        if (FINISHED.matcher(line).find()) {
            finishedLine = number;
        }
        if (ALIVE.matcher(line).find()) {
            aliveCount++;
            aliveLine = number;
            aliveText = line;
        }
    }

    private static char firstDigit(String line) {
        for (int i = 0; i < Math.min(20, line.length()); i++) {
            if (Character.isDigit(line.charAt(i))) {
                return line.charAt(i);
            }
        }
        return ' ';
    }

    private void sign(Matches.Match match, String line, long number) {
        Rule rule = match.rule();
        Finding finding =
                keep(
                        rule.id(),
                        rule.reason(),
                        rule.action(),
                        rule.level(),
                        rule.says(),
                        line,
                        number,
                        rule.node(line).orElse(""));
        if (finding != null && finding.line == number) {
            finding.isAdvice = ADVICE.matcher(line.substring(0, Math.min(match.start(), line.length()))).find();
            mark(finding, line);
        }
    }

    private void exception(String line, long number, boolean explained) {
        Optional<Exceptions.Raised> raised = Exceptions.of(line);
        if (raised.isEmpty()) {
            return;
        }
        String origin = Origin.of(line).name();
        Finding.Chain after = chained.remove(origin);
        if (!explained) {
            String name = raised.get().name();
            ErrorClass known =
                    rules.ofClass(name)
                            .orElseGet(() ->
                                    new ErrorClass(
                                            name, Reason.RUNTIME_ERROR, Action.USER_FIX, rules.level("generic") - 1));
            String says =
                    raised.get().message().isEmpty() ? name : name + ": " + Clean.cut(raised.get().message(), 160);
            keep("class-" + name, known.reason(), known.action(), known.level(), says, line, number, "");
        }
        // the exception of this line, by whichever sign
        for (Finding finding : signs.values()) {
            if (finding.line == number) {
                finding.endsTraceback = hasFrame();
                finding.place = place();
                mark(finding, line);
                if (after != null) {
                    finding.chain = Finding.Chain.CONSEQUENCE;
                    Finding before = lastException.get(origin);
                    if (before != null && before.chain != Finding.Chain.CAUSE) {
                        before.chain = after;
                    }
                }
                lastException.put(origin, finding);
            }
        }
    }

    private void chainMarks(String line) {
        if (line.contains("direct cause of the following exception")) {
            chained.put(Origin.of(line).name(), Finding.Chain.CAUSE);
        } else if (line.contains("During handling of the above exception")) {
            chained.put(Origin.of(line).name(), Finding.Chain.HANDLED);
        }
    }

    private Finding keep(
            String sign,
            Reason reason,
            Action action,
            double level,
            String says,
            String line,
            long number,
            String node) {
        Origin origin = Origin.of(line);
        // the same sign after a step is another event
        String key = sign + " " + node;
        Finding known = signs.get(key);
        if (known != null) {
            known.times++;
            known.lastLine = number;
            known.stepsAfter = steps.count();
            if (known.origins.size() < 4096) {
                known.origins.add(origin.name());
            }
            return known;
        }
        if (signs.size() >= SIGNS) {
            ignored++;
            return null;
        }
        Finding finding =
                new Finding(sign, reason, action, level, says, file, number, Clean.cut(line, TEXT), origin, node);
        finding.seconds = Stamp.seconds(line);
        finding.stepsBefore = steps.count();
        finding.stepsAfter = steps.count();
        signs.put(key, finding);
        return finding;
    }

    private void mark(Finding finding, String line) {
        finding.isWarning = WARNING.matcher(line).find() && !line.contains("NCCL WARN");
        finding.isTeardown = isTeardown();
    }

    private boolean isTeardown() {
        int looked = 0;
        for (String before : recent) {
            if (TEARDOWN.matcher(before).find()) {
                return true;
            }
            if (++looked > 12 || looked > 1 && before.startsWith("Traceback")) {
                return false;
            }
        }
        return false;
    }

    private boolean hasFrame() {
        int looked = 0;
        for (String before : recent) {
            if (before.contains("File \"") || before.contains("Traceback (most recent")) {
                return true;
            }
            if (++looked > 12) {
                return false;
            }
        }
        return false;
    }

    /// The innermost frame of the script's own code before this line, as `train.py:12`.
    private String place() {
        String library = "";
        int looked = 0;
        for (String before : recent) {
            java.util.regex.Matcher frame = FRAME.matcher(before);
            if (frame.find()) {
                String at = frame.group(1).substring(frame.group(1).lastIndexOf('/') + 1) + ":" + frame.group(2);
                if (!LIBRARY.matcher(frame.group(1)).find()) {
                    return at;
                }
                library = library.isEmpty() ? at : library;
            }
            if (++looked > AROUND || looked > 1 && before.contains("Traceback (most recent call last)")) {
                break;
            }
        }
        return library;
    }

    String file() {
        return file;
    }

    Collection<Finding> signs() {
        return signs.values();
    }

    Steps steps() {
        return steps;
    }

    long lineCount() {
        return lines;
    }

    long stackLines() {
        return stackLines;
    }

    long stackFirst() {
        return stackFirst;
    }

    String stackText() {
        return stackText;
    }

    long aliveCount() {
        return aliveCount;
    }

    long aliveLine() {
        return aliveLine;
    }

    String aliveText() {
        return aliveText;
    }

    boolean isFinished() {
        return finishedLine > 0 && finishedLine >= steps.lastLine();
    }

    String tail() {
        return tail;
    }

    double lastSeconds() {
        return Stamp.seconds(lastStamped);
    }

    String rulesVersion() {
        return rules.version();
    }
}
