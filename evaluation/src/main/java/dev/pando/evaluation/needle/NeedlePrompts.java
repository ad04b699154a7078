package dev.pando.evaluation.needle;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.evaluation.data.DataSource;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.Sha256;
import dev.pando.evaluation.data.Template;
import dev.pando.evaluation.run.Item;
import dev.pando.evaluation.task.Dimension;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Shots;
import dev.pando.evaluation.task.Task;
import dev.pando.training.tensor.CounterRandom;
import dev.pando.training.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// A needle in a haystack: a code that stands once in a long text, and a question for it at the end.
///
/// The shape is RULER's single key: an adjective and a noun, and seven digits that no model can know. Every prompt has
/// exactly as many tokens as its length says, so prompts of one length turn their positions alike and share what they
/// have in common. Code, place and haystack are functions of (seed, length, depth, repeat).
public final class NeedlePrompts {
    /// Tokens that a model may write: seven digits of a token each, and a few to begin and to end with.
    public static final int ANSWER = 16;

    private static final List<String> ADJECTIVES =
            List.of(
                    "amber",
                    "brisk",
                    "crimson",
                    "dusty",
                    "eager",
                    "faded",
                    "gentle",
                    "hollow",
                    "ivory",
                    "jolly",
                    "keen",
                    "lunar",
                    "mellow",
                    "narrow",
                    "olive",
                    "proud",
                    "quiet",
                    "rustic",
                    "silent",
                    "tidy",
                    "upper",
                    "velvet",
                    "wooden",
                    "yellow",
                    "ancient",
                    "bitter",
                    "clever",
                    "distant",
                    "electric",
                    "frozen",
                    "golden",
                    "humble");
    private static final List<String> NOUNS =
            List.of(
                    "lantern",
                    "anchor",
                    "bridge",
                    "compass",
                    "drawer",
                    "engine",
                    "feather",
                    "glacier",
                    "harvest",
                    "island",
                    "jacket",
                    "kettle",
                    "ladder",
                    "mirror",
                    "needlecase",
                    "orchard",
                    "piano",
                    "quarry",
                    "river",
                    "saddle",
                    "tunnel",
                    "umbrella",
                    "valley",
                    "window",
                    "barrel",
                    "candle",
                    "desert",
                    "envelope",
                    "forest",
                    "garden",
                    "hammer",
                    "journal");

    private final NeedleGrid grid;
    private final Haystack haystack;
    private final Tokenizer tokenizer;
    private final Task task;

    public NeedlePrompts(NeedleGrid grid, Haystack haystack, Tokenizer tokenizer) {
        this.grid = grid;
        this.haystack = haystack;
        this.tokenizer = tokenizer;
        this.task = task();
    }

    /// One place of the grid.
    private record Address(int length, int depth, int repeat) {
        String name() {
            return length + "-" + depth + "-" + repeat;
        }
    }

    private Task task() {
        String definition = "needle, " + grid + ", haystack " + haystack.digest() + ", tokenizer " + tokenizer.digest();
        Mode.Generation mode =
                new Mode.Generation(
                        List.of(),
                        List.of(),
                        ANSWER,
                        List.of("\n"),
                        1,
                        0,
                        1,
                        List.of(),
                        text -> text,
                        new NeedleScorer());
        return new Task(
                "needle",
                "Needle in a haystack",
                Dimension.LONG_CONTEXT,
                "made by Pando",
                DataSource.texts(List.of()),
                Map.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Template.of(""),
                "",
                Shots.NONE,
                false,
                mode,
                definition);
    }

    /// All prompts: the longest first, and those with one haystack together.
    ///
    /// @throws EvaluationException if a length has no room for the needle and its question
    public List<Item> items() {
        List<Item> items = new ArrayList<>();
        for (int length : grid.fromLongest()) {
            for (int repeat = 0; repeat < grid.repeats(); repeat++) {
                for (int depth = 0; depth < grid.depths(); depth++) {
                    items.add(item(new Address(length, depth, repeat)));
                }
            }
        }
        return items;
    }

    private Item item(Address at) {
        long key = CounterRandom.key(grid.seed(), "needle " + at.name());
        String thing =
                ADJECTIVES.get((int) (CounterRandom.bits(key, 0) >>> 59))
                        + " "
                        + NOUNS.get((int) (CounterRandom.bits(key, 1) >>> 59));
        String code = Long.toString(1_000_000 + Long.remainderUnsigned(CounterRandom.bits(key, 2), 9_000_000));
        String needle = " The code of the " + thing + " is " + code + ".";
        String question =
                "\nQuestion: What is the code of the " + thing + "?\nAnswer: The code of the " + thing + " is";
        int least = 2 * (1 + tokenizer.encode(needle).length + tokenizer.encode(question).length);
        if (at.length() < least) {
            throw new EvaluationException(
                    "a length of "
                            + at.length()
                            + " tokens has no room for a haystack beside the needle and its question; the least is "
                            + least);
        }
        int percent = grid.percents().get(at.depth());
        ObjectNode fields = JsonNodeFactory.instance.objectNode();
        fields.put("length", at.length()).put("depth", percent).put("repeat", at.repeat()).put("code", code);
        String where =
                String.format(Locale.ROOT, "%d tokens, depth %d %%, repeat %d", at.length(), percent, at.repeat());
        return Item.ofTokens(
                task,
                at.name(),
                Integer.toString(at.length()),
                new Row(fields, where),
                () -> prompt(at, needle, question),
                where + ": …" + needle + " …" + question,
                List.of(code),
                "sha256:" + new Sha256().add(task.definition()).add(at.name()).add(needle).add(question).hex());
    }

    private List<Integer> prompt(Address at, String needle, String question) {
        int[] hidden = tokenizer.encode(needle);
        int[] asked = tokenizer.encode(question);
        int room = at.length() - 1 - hidden.length - asked.length;
        int wanted = (int) Math.round(grid.depth(at.depth()) * room);
        int[] hay = new int[room];
        int filled = 0;
        int place = 0; // of the needle: the last end of a sentence before the wanted depth
        long key = CounterRandom.key(grid.seed(), "haystack " + at.length() + " " + at.repeat());
        int sentence = (int) Long.remainderUnsigned(CounterRandom.bits(key, 0), haystack.size());
        while (filled < room) {
            int[] tokens = tokenizer.encode(haystack.sentence(sentence++ % haystack.size()));
            int count = Math.min(tokens.length, room - filled);
            System.arraycopy(tokens, 0, hay, filled, count);
            filled += count;
            if (filled <= wanted) {
                place = filled;
            }
        }
        int[] prompt = new int[at.length()];
        prompt[0] = tokenizer.bos();
        System.arraycopy(hay, 0, prompt, 1, place);
        System.arraycopy(hidden, 0, prompt, 1 + place, hidden.length);
        System.arraycopy(hay, place, prompt, 1 + place + hidden.length, room - place);
        System.arraycopy(asked, 0, prompt, at.length() - asked.length, asked.length);
        return Arrays.stream(prompt).boxed().collect(Collectors.toList());
    }
}
