package dev.pando.diagnosis.judge;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.rule.ErrorClass;
import dev.pando.diagnosis.rule.Matches;
import dev.pando.diagnosis.rule.Rule;
import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.sieve.Alarm;
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
    private static final int SIGNS = 2000;
    private static final int TEXT = 400;

    private static final Pattern ADVICE =
            Pattern.compile(
                    "(?i)\\b(?:might|may|could|can|should)"
                            + " (?:be|also|have|happen|indicate|lead|occur|result)\\b[^.;]*$|\\b(?:possibl[ey]|perhaps|usually|e\\.g\\.|for"
                            + " example|please (?:try|check|consider)|consider|to (?:avoid|debug)|in order to|if you|if"
                            + " reserved|potential root causes?|caused by unexpected|happen when)\\b[^.;]*$");
    private static final Pattern WARNING = Pattern.compile("(?i)^.{0,60}\\b(?:warn|warning|info|debug)\\b");
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

    private static final Pattern ALARM =
            Pattern.compile("(?i)\\b(?:error|fatal|failed|failure|exception|aborted|panic|critical|crash(?:ed)?)\\b");

    private final String file;
    private final RuleSet rules;
    private final Matches matches;
    private final Recent recent = new Recent();
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
    private long alarmLine;
    private String alarmText = "";
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

    /// What reading a line brought.
    enum Brought {
        STEP,
        TOLD,
        ALARMING,
        SILENT
    }

    /// A routine line: part of what stands around others, and perhaps a step.
    void pass(String raw, long number, boolean step) {
        lines = number;
        recent.add(raw);
        tail = raw;
        if (step) {
            steps.read(Clean.line(raw), number);
        }
    }

    Brought read(String raw, long number) {
        String line = Clean.line(raw);
        if (line.isBlank()) {
            return Brought.SILENT;
        }
        lines = number;
        recent.add(line);
        tail = line;
        if (maybeStep(line) && steps.read(line, number) && !looksRaised(line)) {
            return Brought.STEP;
        }
        boolean marked = marks(line, number);
        List<Matches.Match> found = matches.of(line, recent);
        boolean explained = false;
        for (Matches.Match match : found) {
            if (match.rule().active()) {
                sign(match, line, number);
                explained = true;
            }
        }
        boolean raised = looksRaised(line) && exception(line, number, explained);
        chainMarks(line);
        if (explained || raised || marked) {
            return Brought.TOLD;
        }
        return Alarm.isIn(line) || !matches.candidates(line).isEmpty() ? Brought.ALARMING : Brought.SILENT;
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

    private boolean marks(String line, long number) {
        boolean marked = false;
        if (line.indexOf(':') >= 0 && line.length() > 8 && Character.isDigit(firstDigit(line))) {
            lastStamped = line;
        }
        if (STACKS.matcher(line).find()) {
            stackLines++;
            marked = true;
            if (stackFirst == 0) {
                stackFirst = number;
                stackText = line;
            }
        }
        if (FINISHED.matcher(line).find()) {
            finishedLine = number;
            marked = true;
        }
        if (ALARM.matcher(line).find()) {
            alarmLine = number;
            alarmText = line;
        }
        if (ALIVE.matcher(line).find()) {
            aliveCount++;
            aliveLine = number;
            aliveText = line;
            marked = true;
        }
        return marked;
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
            finding.yields = rule.yields();
            mark(finding, line);
        }
    }

    private boolean exception(String line, long number, boolean explained) {
        Optional<Exceptions.Raised> raised = Exceptions.of(line);
        if (raised.isEmpty()) {
            return false;
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
                finding.endsTraceback = recent.hasFrame();
                finding.place = recent.place();
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
        return true;
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
        finding.isTeardown = recent.isTeardown();
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

    /// The last line with a word of alarm that no rule explains; 0 without one.
    long alarmLine() {
        return alarmLine;
    }

    String alarmText() {
        return alarmText;
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
