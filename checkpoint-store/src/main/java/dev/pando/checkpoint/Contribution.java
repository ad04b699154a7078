package dev.pando.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.ManifestFormat;
import java.util.List;

/// What one of several writers has written of a checkpoint, on its way to the writer that commits it.
///
/// @param text small and opaque; it says which parts lie where, with their checksums
public record Contribution(String text) {
    /// @param files that were written
    /// @param placed every part
    record Body(int chunkBytes, List<Manifest.ShardFile> files, List<Composition.Placed> placed) {}

    static Contribution of(int chunkBytes, Composition composition) {
        try {
            return new Contribution(
                    ManifestFormat.JSON.writeValueAsString(
                            new Body(chunkBytes, composition.files(), composition.placed())));
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of strings and numbers", impossible);
        }
    }

    Body read() {
        try {
            return ManifestFormat.JSON.readValue(text, Body.class);
        } catch (JsonProcessingException wrong) {
            throw new IllegalArgumentException(
                    "not what a writer of checkpoints says: " + wrong.getOriginalMessage(), wrong);
        }
    }
}
