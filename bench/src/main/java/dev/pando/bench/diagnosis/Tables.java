package dev.pando.bench.diagnosis;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// Reads a small table of comma-separated values, quotes and line breaks within them included.
final class Tables {
    private Tables() {}

    static List<List<String>> rows(Path table) throws IOException {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        String text = text(table);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                quoted = c != '"' || i + 1 < text.length() && text.charAt(i + 1) == '"';
                i += c == '"' && quoted ? 1 : 0;
                if (quoted) {
                    field.append(c);
                }
            } else if (c == '"') {
                quoted = true;
            } else if (c == ',' || c == '\n') {
                row.add(field.toString());
                field.setLength(0);
                if (c == '\n') {
                    rows.add(row);
                    row = new ArrayList<>();
                }
            } else if (c != '\r') {
                field.append(c);
            }
        }
        if (!row.isEmpty()) {
            row.add(field.toString());
            rows.add(row);
        }
        return rows;
    }

    private static String text(Path table) throws IOException {
        try (InputStream in = Files.newInputStream(table)) {
            InputStream unpacked = table.toString().endsWith(".gz") ? new GZIPInputStream(in) : in;
            return new String(unpacked.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
