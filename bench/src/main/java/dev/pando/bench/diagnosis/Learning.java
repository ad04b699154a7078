package dev.pando.bench.diagnosis;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.agent.FailureAgent;
import dev.pando.diagnosis.agent.Knowledge;
import dev.pando.diagnosis.judge.Diagnoser;
import dev.pando.diagnosis.rule.Rule;
import dev.pando.diagnosis.rule.RuleSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Measures what is learned without any model: the rules of one reason are taken away, three of its incidents are
/// shown, and a fourth is asked for.
///
/// Incidents are the texts of the rules' examples with other numbers and names, between steps, other ranks' errors and
/// a launcher's last words. The three shown have different wordings where the reason has so many, and the fourth has
/// the wording of one of them; each of the three takes its turn.
final class Learning {
    private static final int SHOWN = 3;
    private static final Pattern VARIES = Pattern.compile("0x[0-9a-f]+|\\d+|'[A-Za-z_.]+'|/[\\w./-]+");
    private static final String[] NAMES = {"'hidden'", "'labels'", "'rotary'", "'tokens'", "'gamma'"};

    private static final String[] MESSAGES = {
        ": 'labels'", ": name 'rotary' has no place among 12 tensors", ": cannot go on at layer 7 of 'hidden'"
    };

    private final SplittableRandom random;
    private final Path folder;

    private record Source(String text, Action action) {}

    /// @param logs that must not be judged worse than before, and their reasons
    record Watched(List<Path> logs, List<Set<String>> reasons) {}

    record Result(int classes, int caughtBefore, int caught, int trials, int caughtTrials, int rules, int worse) {}

    Learning(long seed, Path folder) {
        this.random = new SplittableRandom(seed);
        this.folder = folder;
    }

    Result measure(Watched watched) throws IOException {
        int classes = 0;
        int caught = 0;
        int caughtBefore = 0;
        int trials = 0;
        int caughtTrials = 0;
        int entered = 0;
        int worse = 0;
        for (Reason reason : Reason.values()) {
            if (reason == Reason.NONE || reason == Reason.HANG || reason == Reason.LOSS_SPIKE) {
                continue; // found by numbers and silence, which cannot be taken away
            }
            classes++;
            RuleSet reduced = RuleSet.standard().without(reason);
            List<Source> sources = sources(reason);
            Knowledge knowledge = Knowledge.inMemory();
            FailureAgent agent = new FailureAgent(reduced, knowledge, Optional.empty(), 1);
            for (int i = 0; i < SHOWN; i++) {
                Source source = sources.get(i % sources.size());
                Path log = incident(source);
                FailureAgent.Lesson lesson =
                        agent.learn(
                                log,
                                new FailureAgent.Told(
                                        Optional.of(reason), Optional.of(source.action()), Optional.empty(), "bench"));
                entered += lesson.rule().isPresent() ? 1 : 0;
            }
            int right = 0;
            int before = 0;
            for (int i = 0; i < SHOWN; i++) {
                Path fourth = incident(sources.get(i % sources.size()));
                before += new Diagnoser(reduced).diagnose(fourth).reason() == reason ? 1 : 0;
                Verdict verdict = agent.diagnose(fourth);
                right += verdict.reason() == reason ? 1 : 0;
                if (verdict.reason() != reason) {
                    System.err.printf("not caught: %s, taken for %s%n", reason.label(), verdict.sentence());
                }
            }
            trials += SHOWN;
            caughtTrials += right;
            caught += right == SHOWN ? 1 : 0;
            caughtBefore += before == SHOWN ? 1 : 0;
            worse += worse(watched, reduced, agent);
        }
        return new Result(classes, caughtBefore, caught, trials, caughtTrials, entered, worse);
    }

    private static int worse(Watched watched, RuleSet reduced, FailureAgent agent) {
        Diagnoser before = new Diagnoser(reduced);
        int worse = 0;
        for (int i = 0; i < watched.logs().size(); i++) {
            Path log = watched.logs().get(i);
            boolean was = watched.reasons().get(i).contains(before.diagnose(log).reason().label());
            boolean is = watched.reasons().get(i).contains(agent.diagnose(log).reason().label());
            if (was && !is) {
                worse++;
                System.err.printf("worse: %s: %s%n", log, agent.diagnose(log).sentence());
            }
        }
        return worse;
    }

    /// Examples of rules that are incidents of that reason by themselves, three at most; for a reason that an
    /// exception's class alone tells, three messages of that class.
    private static List<Source> sources(Reason reason) {
        Diagnoser all = new Diagnoser(RuleSet.standard());
        List<Source> sources = new ArrayList<>();
        for (Rule rule : RuleSet.standard().rules()) {
            if (rule.reason() == reason && !rule.positives().isEmpty()) {
                sources.add(new Source(rule.positives().getFirst(), rule.action()));
            }
        }
        if (sources.isEmpty()) {
            String name = reason.label().replace(" ", "");
            for (String message : MESSAGES) {
                sources.add(new Source(name + message, Action.USER_FIX));
            }
        }
        sources.removeIf(source -> {
            Verdict own = all.diagnose("log", source.text().lines().toList());
            return own.reason() != reason || own.action() != source.action();
        });
        return sources.subList(0, Math.min(SHOWN, sources.size()));
    }

    private Path incident(Source source) throws IOException {
        List<String> lines = new ArrayList<>();
        int steps = 5 + random.nextInt(40);
        for (int step = 1; step <= steps; step++) {
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "[rank0] step %d | loss: %.3f | grad norm: %.2f",
                            step,
                            2 + 1.0 / step,
                            0.3 + random.nextDouble() / 10));
        }
        source.text().lines().map(this::varied).forEach(lines::add);
        Set<Integer> others = new LinkedHashSet<>();
        while (others.size() < 3) {
            others.add(1 + random.nextInt(63));
        }
        others.forEach(rank -> lines.add("[rank" + rank + "]: the peer closed the channel"));
        lines.add("launcher: worker " + random.nextInt(64) + " ended with status 1, ending all others");
        return Files.write(folder.resolve("incident.log"), lines);
    }

    private String varied(String line) {
        Matcher found = VARIES.matcher(line);
        StringBuilder text = new StringBuilder();
        while (found.find()) {
            String was = found.group();
            char first = was.charAt(0);
            boolean code = isCode(line, found.start());
            String is =
                    first == '\''
                            ? NAMES[random.nextInt(NAMES.length)]
                            : first == '/'
                                    ? "/data-" + random.nextInt(100) + was
                                    : was.startsWith("0x")
                                            ? "0x" + Long.toHexString(random.nextLong())
                                            : code || was.length() > 9 ? was : number(was.length());
            found.appendReplacement(text, Matcher.quoteReplacement(is));
        }
        return found.appendTail(text).toString();
    }

    /// A number that is a part of what is said: an Xid, an errno, a code, a part of a word.
    private static boolean isCode(String line, int at) {
        String before = line.substring(Math.max(0, at - 24), at).toLowerCase(Locale.ROOT);
        return before.matches("(?s).*(?:xid\\b.{0,18}|err(?:no|or)?\\W*|code\\W*|status\\W*|[a-z_.])");
    }

    private String number(int digits) {
        StringBuilder number = new StringBuilder().append(1 + random.nextInt(9));
        while (number.length() < digits) {
            number.append(random.nextInt(10));
        }
        return number.toString();
    }
}
