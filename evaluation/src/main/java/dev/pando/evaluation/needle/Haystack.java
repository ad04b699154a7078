package dev.pando.evaluation.needle;

import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.data.Sha256;
import dev.pando.training.tensor.CounterRandom;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The text in which needles are hidden, sentence by sentence: a user's files, or sentences of Pando's own.
public final class Haystack {
    private static final List<String> WHO =
            List.of(
                    "The baker",
                    "A young teacher",
                    "The old fisherman",
                    "Our neighbour",
                    "The gardener",
                    "A tired clerk",
                    "The postwoman",
                    "The captain",
                    "A quiet student",
                    "The carpenter",
                    "My aunt",
                    "The librarian",
                    "A travelling singer",
                    "The watchmaker",
                    "The farmer",
                    "A curious child");
    private static final List<String> DID =
            List.of(
                    "painted",
                    "carried",
                    "forgot",
                    "repaired",
                    "sold",
                    "found",
                    "counted",
                    "washed",
                    "described",
                    "borrowed",
                    "measured",
                    "wrapped",
                    "admired",
                    "hid",
                    "weighed",
                    "polished");
    private static final List<String> WHAT =
            List.of(
                    "a wooden chair",
                    "two baskets of apples",
                    "the blue umbrella",
                    "an empty bottle",
                    "a map of the hills",
                    "the kitchen clock",
                    "a bundle of letters",
                    "the garden gate",
                    "a pair of boots",
                    "the copper kettle",
                    "a box of nails",
                    "the longest ladder",
                    "a woollen coat",
                    "the broken lamp",
                    "a sack of flour",
                    "the little bell");
    private static final List<String> WHEN =
            List.of(
                    "before the rain came",
                    "while the others slept",
                    "on the way to the harbour",
                    "after the market closed",
                    "because the evening was long",
                    "near the stone bridge",
                    "as the sun went down",
                    "without saying a word",
                    "in the shade of the elm",
                    "although it was late",
                    "when the train had left",
                    "at the edge of the field",
                    "in front of the school",
                    "and went home again",
                    "as in every autumn",
                    "and laughed about it");
    private static final long OWN = CounterRandom.key(1, "haystack");
    private static final int OWN_SENTENCES = 60_000;

    private final List<String> sentences; // empty: Pando's own
    private final String digest;

    private Haystack(List<String> sentences, String digest) {
        this.sentences = sentences;
        this.digest = digest;
    }

    /// Sentences that no corpus holds in this order, for want of a text that the model has not seen.
    public static Haystack own() {
        return new Haystack(List.of(), "own sentences, 1");
    }

    /// A file, or all files of a folder and the folders in it, in the order of their names.
    ///
    /// @throws EvaluationException if there is none, or one is no text
    public static Haystack read(Path place) {
        List<String> sentences = new ArrayList<>();
        Sha256 digest = new Sha256();
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String text = text(file);
                digest.add(text);
                for (String sentence : text.split("(?<=[.!?])\\s+|(?<=[。！？])|\\R+")) {
                    if (!sentence.isBlank()) {
                        sentences.add(sentence.strip());
                    }
                }
            }
        } catch (IOException | UncheckedIOException failed) {
            throw new EvaluationException("the haystack " + place + " cannot be read: " + failed.getMessage(), failed);
        }
        if (sentences.isEmpty()) {
            throw new EvaluationException("the haystack " + place + " holds no text");
        }
        return new Haystack(List.copyOf(sentences), digest.hex());
    }

    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (CharacterCodingException binary) {
            throw new EvaluationException("the haystack's file " + file + " is no text in UTF-8", binary);
        }
    }

    /// Differs for any other text.
    String digest() {
        return digest;
    }

    /// Number of sentences, after which they repeat.
    int size() {
        return sentences.isEmpty() ? OWN_SENTENCES : sentences.size();
    }

    /// One of them, with the space before it.
    String sentence(int index) {
        int place = index % size();
        if (!sentences.isEmpty()) {
            return " " + sentences.get(place);
        }
        return " "
                + of(WHO, place, 0)
                + " "
                + of(DID, place, 1)
                + " "
                + of(WHAT, place, 2)
                + " "
                + of(WHEN, place, 3)
                + ".";
    }

    private static String of(List<String> words, int place, int part) {
        return words.get((int) (CounterRandom.bits(OWN, 4L * place + part) >>> 60)); // 16 of each
    }
}
