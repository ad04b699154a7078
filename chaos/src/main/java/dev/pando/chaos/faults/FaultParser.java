package dev.pando.chaos.faults;

import dev.pando.chaos.faults.Tokens.Token;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Reads fault scripts: `kill worker-2 at step 7, stop worker-0 3s in reduce when worker-1 votes`.
///
/// A fault is its kind, then its other parts in any order: target, measure, `for N steps`, moment, when.
final class FaultParser {
    private static final Pattern NUMBERED = Pattern.compile("(worker|node)-(\\d{1,6})(?:#(\\d{1,6}))?");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m)");
    private static final Pattern FACTOR = Pattern.compile("x(\\d{1,9}(?:\\.\\d{1,6})?)");
    private static final Pattern DECIMAL = Pattern.compile("\\d{1,9}(?:\\.\\d{1,9})?");
    private static final Pattern WHOLE = Pattern.compile("\\d{1,15}");

    private final Tokens tokens;

    FaultParser(String script) {
        this.tokens = new Tokens(script);
    }

    List<Fault> parse() {
        List<Fault> faults = new ArrayList<>();
        while (!tokens.atEnd()) {
            if (!tokens.takes(",")) {
                faults.add(fault());
            }
        }
        return faults;
    }

    /// The parts of one fault as they are met.
    private static final class Parts {
        Target target;
        Duration duration;
        Double factor;
        Double percent;
        Long steps;
        Moment moment;
        When when;
        Effect.Place place;
        String code = "";
    }

    private Fault fault() {
        Token start = tokens.peek();
        Kind kind = kind();
        Parts parts = new Parts();
        qualifier(kind, parts);
        while (!tokens.atComma()) {
            part(kind, parts);
        }
        return at(start, () -> assemble(start, kind, parts));
    }

    private Kind kind() {
        return Arrays.stream(Kind.values())
                .sorted(Comparator.comparingInt((Kind kind) -> -kind.words().length()))
                .filter(kind -> tokens.takes(kind.words().split(" ")))
                .findFirst()
                .orElseThrow(() -> noSuchKind(tokens.peek()));
    }

    private FaultSyntaxException noSuchKind(Token typed) {
        List<String> words = Arrays.stream(Kind.values()).map(Kind::words).toList();
        String suggestion =
                IntStream.rangeClosed(1, 3)
                        .mapToObj(count -> NearestWord.of(tokens.peek(count), words))
                        .flatMap(Optional::stream)
                        .findFirst()
                        .map(word -> ", did you mean \"" + word + "\"?")
                        .orElse("; the kinds are " + String.join(", ", words));
        return error(typed, "there is no fault " + Tokens.quoted(typed) + suggestion);
    }

    private void qualifier(Kind kind, Parts parts) {
        if (kind == Kind.BIT_FLIP) {
            Token in = tokens.take();
            if (!in.text().equals("in")) {
                throw error(in, "a bit flip says where, as in \"bit flip in weight of worker-1 at step 5\"");
            }
            parts.place = named(Effect.Place.values(), "place for a bit to flip");
        } else if (kind == Kind.DEVICE_ERROR) {
            if (tokens.takes("ecc")) {
                parts.code = "ecc";
            } else if (tokens.takes("illegal", "address")) {
                parts.code = "illegal address";
            } else if (tokens.takes("xid")) {
                parts.code = "xid " + wholeNumber("an Xid number, as in xid 79");
            }
        } else if (kind == Kind.PARTITION) {
            parts.target = sides();
        }
    }

    private Target sides() {
        Token start = tokens.peek();
        List<List<Target>> sides = new ArrayList<>(List.of(new ArrayList<>()));
        while (NUMBERED.matcher(tokens.peek().text()).matches()
                || tokens.peek().text().equals("|")
                || tokens.peek().text().equals(",") && NUMBERED.matcher(tokens.peekBehind().text()).matches()) {
            if (tokens.takes("|")) {
                sides.add(new ArrayList<>());
            } else if (!tokens.takes(",")) {
                sides.getLast().add(target(tokens.take()));
            }
        }
        return at(start, () -> new Target.Sides(sides));
    }

    private void part(Kind kind, Parts parts) {
        Token token = tokens.take();
        switch (token.text()) {
            case "of", "on" -> parts.target = once(token, parts.target, target(tokens.take()), "target");
            case "in" -> parts.moment = once(token, parts.moment, Moment.in(phase()), "moment");
            case "after" -> parts.moment = once(token, parts.moment, Moment.after(phase()), "moment");
            case "at" -> parts.when = once(token, parts.when, at(token, this::time), "time");
            case "when" -> parts.when = once(token, parts.when, event(), "time");
            case "for" -> span(parts);
            default -> measureOrTarget(kind, parts, token);
        }
    }

    private When time() {
        Token token = tokens.take();
        if (token.text().equals("step")) {
            return new When.AtStep(wholeNumber("the number of a step"));
        }
        if (token.text().equals("rate")) {
            Token number = tokens.take();
            if (!DECIMAL.matcher(number.text()).matches() || !tokens.takes("per", "step")) {
                throw error(number, "a rate is written as in \"at rate 0.1 per step\"");
            }
            return new When.AtRate(Double.parseDouble(number.text()));
        }
        throw error(
                token,
                "after \"at\" comes \"step N\" or \"rate R per step\", not "
                        + Tokens.quoted(token)
                        + NearestWord.suggestion(token.text(), List.of("step", "rate")));
    }

    private When event() {
        Target who = tokens.takes("the", "store") || tokens.takes("store") ? new Target.Store() : target(tokens.take());
        Token verb = tokens.take();
        List<String> verbs = Stream.of(Phase.values()).map(Phase::verb).toList();
        if (!verbs.contains(verb.text())) {
            throw error(
                    verb,
                    "\"when "
                            + who
                            + "\" goes on with one of "
                            + String.join(", ", verbs)
                            + ", not "
                            + Tokens.quoted(verb)
                            + NearestWord.suggestion(verb.text(), verbs));
        }
        Phase phase = Phase.values()[verbs.indexOf(verb.text())];
        if (phase.isOfStore() != who instanceof Target.Store) {
            throw error(
                    verb,
                    who
                            + " never "
                            + phase.verb()
                            + ": workers compute, reduce, vote, apply and rebuild, the store saves and loads");
        }
        return new When.OnEvent(who, phase, tokens.takes("at", "step") ? wholeNumber("the number of a step") : 0);
    }

    private void span(Parts parts) {
        Token token = tokens.peek();
        if (DURATION.matcher(token.text()).matches()) {
            parts.duration = once(token, parts.duration, duration(tokens.take()), "duration");
            return;
        }
        parts.steps =
                once(token, parts.steps, wholeNumber("a number of steps or a duration such as 3s"), "number of steps");
        Token unit = tokens.take();
        if (!unit.text().equals("steps") && !unit.text().equals("step")) {
            throw error(unit, "after \"for " + parts.steps + "\" comes \"steps\", not " + Tokens.quoted(unit));
        }
    }

    private void measureOrTarget(Kind kind, Parts parts, Token token) {
        Matcher factor = FACTOR.matcher(token.text());
        if (DURATION.matcher(token.text()).matches()) {
            parts.duration = once(token, parts.duration, duration(token), "duration");
        } else if (factor.matches()) {
            parts.factor = once(token, parts.factor, Double.valueOf(factor.group(1)), "factor");
        } else if (DECIMAL.matcher(token.text()).matches() && tokens.takes("%")) {
            parts.percent = once(token, parts.percent, Double.valueOf(token.text()), "share");
        } else if (kind.aim() != Kind.Aim.STORE || !token.text().equals("the") && !token.text().equals("store")) {
            parts.target = once(token, parts.target, target(token), "target");
        }
    }

    private Target target(Token token) {
        Matcher numbered = NUMBERED.matcher(token.text());
        if (numbered.matches()) {
            int number = Integer.parseInt(numbered.group(2));
            int incarnation = numbered.group(3) == null ? 0 : Integer.parseInt(numbered.group(3));
            return numbered.group(1).equals("node") ? new Target.Node(number) : new Target.Worker(number, incarnation);
        }
        return switch (token.text()) {
            case "any" -> new Target.Any();
            case "all" -> new Target.All();
            case "leader" -> new Target.Leader();
            default ->
                    throw error(
                            token,
                            Tokens.quoted(token)
                                    + " is no part of a fault"
                                    + NearestWord.suggestion(
                                            token.text(),
                                            List.of(
                                                    "any",
                                                    "all",
                                                    "leader",
                                                    "worker-0",
                                                    "node-0",
                                                    "at",
                                                    "when",
                                                    "for",
                                                    "in",
                                                    "after"))
                                    + (token.text().contains("worker")
                                            ? ""
                                            : "; a fault is written as in \"kill worker-2 at step 7\""));
        };
    }

    private Fault assemble(Token start, Kind kind, Parts parts) {
        if (parts.when == null) {
            throw error(
                    start,
                    "\""
                            + kind.words()
                            + "\" does not say when; add \"at step 7\", \"when worker-1 votes\" or \"at rate 0.1 per"
                            + " step\"");
        }
        Effect effect = effect(start, kind, parts);
        refuse(start, kind, parts.duration != null && !effect.measure().matches(".*\\d+(ms|s|m)"), "duration");
        refuse(start, kind, parts.factor != null && !effect.measure().startsWith("x"), "factor");
        refuse(start, kind, parts.percent != null && !effect.measure().endsWith("%"), "share");
        refuse(start, kind, parts.steps != null && effect.steps() != parts.steps, "number of steps");
        Target usual =
                switch (effect.aim()) {
                    case WORKER -> new Target.Any();
                    case STORE -> new Target.Store();
                    case PROCESS -> new Target.All();
                    case NONE, SIDES -> new Target.None();
                };
        boolean aimed = parts.target != null;
        boolean mayAim =
                switch (effect.aim()) {
                    case WORKER -> true;
                    case PROCESS -> parts.target instanceof Target.All;
                    case SIDES -> parts.target instanceof Target.Sides;
                    case STORE, NONE -> false;
                };
        refuse(start, kind, aimed && !mayAim, "target " + parts.target);
        refuse(
                start,
                kind,
                parts.moment != null && !effect.movable() && !parts.moment.equals(effect.usualMoment()),
                "other moment");
        return new Fault(
                effect,
                aimed ? parts.target : usual,
                parts.when,
                parts.moment == null ? effect.usualMoment() : parts.moment);
    }

    private Effect effect(Token start, Kind kind, Parts parts) {
        long steps = parts.steps == null ? 1 : parts.steps;
        return switch (kind) {
            case KILL -> new Effect.Kill();
            case THROW -> new Effect.Throw();
            case HANG -> new Effect.Hang();
            case STOP -> new Effect.Stop(needed(start, kind, parts.duration, "how long, as in 3s"));
            case GC_PAUSE -> new Effect.GcPause(needed(start, kind, parts.duration, "how long, as in 500ms"));
            case SLOW -> new Effect.Slow(needed(start, kind, parts.factor, "how slow, as in x4"), steps);
            case OUT_OF_MEMORY -> new Effect.OutOfMemory();
            case DEVICE_ERROR -> new Effect.DeviceError(parts.code);
            case BIT_FLIP -> new Effect.BitFlip(parts.place);
            case NAN_LOSS -> new Effect.NanLoss();
            case LOSS_SPIKE -> new Effect.LossSpike(needed(start, kind, parts.factor, "how high, as in x10"));
            case POISONED_BATCH -> new Effect.PoisonedBatch();
            case DELAY -> new Effect.Delay(needed(start, kind, parts.duration, "how long, as in 50ms"), steps);
            case DROP -> new Effect.Drop(parts.percent == null ? 100 : parts.percent, steps);
            case DUPLICATE -> new Effect.Duplicate(steps);
            case REORDER -> new Effect.Reorder(steps);
            case CORRUPT_FRAME -> new Effect.CorruptFrame();
            case PARTITION -> new Effect.Partition(steps);
            case LEAVE -> new Effect.Leave();
            case CLOCK_JUMP -> new Effect.ClockJump(needed(start, kind, parts.duration, "how far, as in 30s"));
            case DISK_FULL -> new Effect.DiskFull(steps);
            case TORN_WRITE -> new Effect.TornWrite();
            case SLOW_DISK -> new Effect.SlowDisk(needed(start, kind, parts.factor, "how slow, as in x4"), steps);
            case STORE_DOWN -> new Effect.StoreDown(steps);
            case JOURNAL_DOWN -> new Effect.JournalDown(steps);
        };
    }

    private Phase phase() {
        return named(Phase.values(), "phase of a step");
    }

    private <E extends Enum<E>> E named(E[] values, String what) {
        Token token = tokens.take();
        List<String> words = Arrays.stream(values).map(value -> value.name().toLowerCase(Locale.ROOT)).toList();
        int index = words.indexOf(token.text());
        if (index < 0) {
            String suggestion = NearestWord.suggestion(token.text(), words);
            throw error(
                    token,
                    Tokens.quoted(token)
                            + " is no "
                            + what
                            + (suggestion.isEmpty() ? "; they are " + String.join(", ", words) : suggestion));
        }
        return values[index];
    }

    private long wholeNumber(String what) {
        Token token = tokens.take();
        if (!WHOLE.matcher(token.text()).matches()) {
            throw error(token, "here belongs " + what + ", not " + Tokens.quoted(token));
        }
        return Long.parseLong(token.text());
    }

    private Duration duration(Token token) {
        Matcher matcher = DURATION.matcher(token.text());
        if (!matcher.matches()) {
            throw error(token, Tokens.quoted(token) + " is no duration; write 500ms, 3s or 2m");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            default -> Duration.ofMinutes(count);
        };
    }

    private <T> T needed(Token start, Kind kind, T value, String what) {
        if (value == null) {
            throw error(start, "\"" + kind.words() + "\" does not say " + what);
        }
        return value;
    }

    private <T> T once(Token token, T before, T value, String what) {
        if (before != null) {
            throw error(token, "a second " + what + " in one fault; faults are parted by commas");
        }
        return value;
    }

    private void refuse(Token start, Kind kind, boolean refused, String what) {
        if (refused) {
            throw error(start, "\"" + kind.words() + "\" takes no " + what);
        }
    }

    /// Values check themselves; their sentence gets the place.
    private static <T> T at(Token token, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException refused) {
            throw error(token, refused.getMessage());
        }
    }

    private static FaultSyntaxException error(Token token, String sentence) {
        return new FaultSyntaxException(sentence, token.position());
    }
}
