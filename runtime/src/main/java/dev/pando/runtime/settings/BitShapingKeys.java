package dev.pando.runtime.settings;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Knows which settings shape the bits of a run: they stay as they are when the run goes on.
///
/// A setting shapes bits unless it is listed here as one that does not, so that a new one is safe before anybody has
/// thought about it. What is compared is the meaning, not the spelling: a preset and the same shape written out are
/// equal. Where data is and how it is found is compared by [#firstDifferenceOfData], for a run keeps the tokens that it
/// began with.
public final class BitShapingKeys {
    private static final String JOB = "pando.job";
    private static final String SCHEDULE = JOB + ".optimizer.schedule-steps";

    /// Components of [Settings], and of its records, that change no bit.
    private static final Set<String> FREE =
            Set.of(
                    "config", // all of the below as text
                    "system", // how actors talk
                    "grove", // where nodes are
                    "out", // a run may be moved
                    "workers", // where batch shards are computed
                    "device", // its kind is compared with that of the checkpoint
                    "sameBits", // whether that is done
                    "optimizerCopies", // where moments are held
                    "threads", // products are cut by shape alone
                    "steps", // the schedule is what counts, and it follows them
                    "model.keeping.recompute", // the same numbers once more
                    "skip.stepsInARow", // when a run ends, not what it learns
                    "checkpoint", // what is written, and where
                    "sample", // of a model that is trained
                    "data.prepared"); // where tokens lie

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

    /// The first key that shapes arithmetic and differs.
    public static Optional<Difference> firstDifference(Settings then, Settings now) {
        if (!then.name().equals(now.name())) {
            return Optional.of(new Difference(JOB + ".name", then.name(), now.name())); // its checkpoints bear it
        }
        return firstDifference("start.", then.start(), now.start(), Set.of())
                .or(() -> firstDifferenceFromHere(then, now));
    }

    /// The same for a run that takes over the state of another, whatever that one is called and began with.
    public static Optional<Difference> firstDifferenceFromHere(Settings then, Settings now) {
        return firstDifference("", then, now, Set.of("name", "start", "data"));
    }

    /// The first key that decides which text is trained on and differs.
    public static Optional<Difference> firstDifferenceOfData(Settings then, Settings now) {
        return firstDifference("data.", then.data(), now.data(), Set.of());
    }

    /// @param group of the two records, `model.shape.`
    private static Optional<Difference> firstDifference(String group, Record then, Record now, Set<String> others) {
        for (RecordComponent component : now.getClass().getRecordComponents()) {
            String path = group + component.getName();
            Object before = value(component, then);
            Object after = value(component, now);
            if (FREE.contains(path) || others.contains(path) || Objects.equals(before, after)) {
                continue;
            }
            Optional<Difference> found =
                    before instanceof Record inner && inner.getClass() == after.getClass()
                            ? firstDifference(path + ".", inner, (Record) after, others)
                            : Optional.of(difference(path, before, after));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Difference difference(String path, Object then, Object now) {
        return path.equals("model.keeping.bfloat16")
                ? new Difference(JOB + ".model.activations", activations(then), activations(now))
                : new Difference(JOB + "." + key(path), then, now);
    }

    private static String activations(Object isBfloat16) {
        return isBfloat16.equals(true) ? "bfloat16" : "float32";
    }

    /// `model.shape.kvHeads` is `model.kv-heads`; `steps` of a recipe is the length of its schedule.
    private static String key(String path) {
        return switch (path) {
            case "optimizer.steps" -> "optimizer.schedule-steps";
            case "data.tokenizerFile" -> "data.tokenizer.file";
            case "data.vocabulary" -> "data.tokenizer.vocabulary";
            default ->
                    path.replace("model.shape.", "model.")
                            .replace("batch.grid.", "grid.")
                            .replaceAll("([A-Z])", "-$1")
                            .toLowerCase(Locale.ROOT);
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
