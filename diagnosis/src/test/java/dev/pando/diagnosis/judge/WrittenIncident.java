package dev.pando.diagnosis.judge;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// A log of our own wording with its label, from `incidents.txt`.
record WrittenIncident(String reason, String action, List<String> lines) {
    static Stream<WrittenIncident> all() {
        try (InputStream in = WrittenIncident.class.getResourceAsStream("/dev/pando/diagnosis/incidents.txt")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Arrays.stream(text.split("(?m)^=== ")).skip(1).map(WrittenIncident::of).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static WrittenIncident of(String section) {
        List<String> lines = section.lines().toList();
        String[] label = lines.getFirst().split(" \\| ");
        return new WrittenIncident(label[0], label[1], lines.subList(1, lines.size()));
    }

    @Override
    public String toString() {
        return reason + ": " + lines.getFirst();
    }
}
