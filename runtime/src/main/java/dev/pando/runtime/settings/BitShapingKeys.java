package dev.pando.runtime.settings;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/// Knows which settings shape the bits of a run: they stay as they are when the run goes on.
///
/// What is compared is the meaning, not the spelling: a preset and the same shape written out are equal. Where data is
/// and how it is found is compared by [#firstDifferenceOfData], for a run keeps the tokens that it began with.
public final class BitShapingKeys {
    private static final String SCHEDULE = "pando.job.optimizer.schedule-steps";

    private BitShapingKeys() {}

    /// A key whose meaning has changed.
    ///
    /// @param then what it was in the run
    public record Difference(String key, Object then, Object now) {
        /// @param run that was to go on
        public String sentence(String run) {
            return key
                    + " is "
                    + shown(now)
                    + " now and was "
                    + shown(then)
                    + " in "
                    + run
                    + "; "
                    + (key.equals(SCHEDULE)
                            ? "to train further at the final learning rate add --set optimizer.schedule-steps="
                                    + then
                                    + ", or begin another run with --out"
                            : "restore it to get the same bits, or begin another run with --out");
        }

        private static Object shown(Object value) {
            return value instanceof Optional<?> optional ? optional.<Object>map(inner -> inner).orElse("null") : value;
        }
    }

    private record Part(String path, Record then, Record now) {}

    /// The first key that shapes arithmetic and differs, in the order of the reference.
    public static Optional<Difference> firstDifference(Settings then, Settings now) {
        if (!then.name().equals(now.name())) {
            return Optional.of(new Difference("pando.job.name", then.name(), now.name())); // its checkpoints bear it
        }
        if (!then.start().equals(now.start())) {
            return firstDifference(new Part("pando.job.start", then.start(), now.start()));
        }
        return firstDifferenceFromHere(then, now);
    }

    /// The same for a run that takes over the state of another, whatever that one is called and began with.
    public static Optional<Difference> firstDifferenceFromHere(Settings then, Settings now) {
        if (then.seed() != now.seed()) {
            return Optional.of(new Difference("pando.job.seed", then.seed(), now.seed()));
        }
        double factor = now.skip().spikeFactor(); // how many steps are skipped in a row changes none of them
        if (then.skip().spikeFactor() != factor) {
            return Optional.of(new Difference("pando.job.skip.spike-factor", then.skip().spikeFactor(), factor));
        }
        List<Part> parts =
                List.of(
                        new Part("pando.job.model", then.model().shape(), now.model().shape()),
                        new Part("pando.job.grid", then.batch().grid(), now.batch().grid()),
                        new Part("pando.job.batch", then.batch(), now.batch()),
                        new Part("pando.job.optimizer", then.optimizer(), now.optimizer()));
        return parts.stream().flatMap(part -> firstDifference(part).stream()).findFirst();
    }

    /// The first key that decides which text is trained on and differs.
    public static Optional<Difference> firstDifferenceOfData(Settings then, Settings now) {
        return firstDifference(new Part("pando.job.data", then.data(), now.data()))
                .filter(difference -> !difference.key().endsWith(".prepared"));
    }

    private static Optional<Difference> firstDifference(Part part) {
        for (RecordComponent component : part.now().getClass().getRecordComponents()) {
            Object then = value(component, part.then());
            Object now = value(component, part.now());
            if (!Objects.equals(then, now)) {
                return Optional.of(new Difference(part.path() + "." + key(component.getName()), then, now));
            }
        }
        return Optional.empty();
    }

    /// `kvHeads` is `kv-heads`; `steps` of a recipe is the length of its schedule.
    private static String key(String component) {
        return switch (component) {
            case "steps" -> "schedule-steps";
            case "tokenizerFile" -> "tokenizer.file";
            case "vocabulary" -> "vocabulary";
            default -> component.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        };
    }

    private static Object value(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (IllegalAccessException | InvocationTargetException impossible) {
            throw new LinkageError("a public record answers for its components", impossible);
        }
    }
}
