package dev.pando.data.step;

import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Packed;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.training.data.Digest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A file of one word, phrase or domain a line; lines that begin with `#` or `!` are remarks.
///
/// @param digest of the words
record WordList(List<String> words, String digest) {
    static WordList read(StepSpec spec, String key) {
        Digest digest = new Digest("words");
        List<String> words = new ArrayList<>();
        List<Path> files = spec.files(key);
        if (files.isEmpty()) {
            throw spec.wrong(key, "must name at least one file");
        }
        for (Path file : files) {
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(Packed.open(file), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    String word = line.strip();
                    if (!word.isEmpty() && !word.startsWith("#") && !word.startsWith("!")) {
                        words.add(word);
                        digest.add(word);
                    }
                }
            } catch (IOException e) {
                throw spec.wrong(key, "names " + file + ", which cannot be read: " + JsonLines.reason(e));
            }
        }
        return new WordList(words, digest.hex());
    }
}
