package dev.pando.diagnosis.trace;

import dev.pando.diagnosis.text.Lines;
import java.io.Closeable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Reads a table of comma-separated values row by row: a header, quoted fields, gzip.
final class Csv implements Closeable {
    private final Lines lines;
    private final List<String> header;
    private final List<String> row = new ArrayList<>();

    Csv(Path file) {
        lines = Lines.of(file);
        String first = lines.next();
        List<String> names = new ArrayList<>();
        if (first != null) {
            split(first.startsWith("\uFEFF") ? first.substring(1) : first, names);
        }
        header = names.stream().map(name -> name.strip().toLowerCase(Locale.ROOT)).toList();
    }

    /// Names of the columns in lower case.
    List<String> header() {
        return header;
    }

    /// Number of a column of one of these names, or -1.
    int column(String... names) {
        for (String name : names) {
            int at = header.indexOf(name);
            if (at >= 0) {
                return at;
            }
        }
        return -1;
    }

    /// Whether all of these columns are there.
    boolean has(String... names) {
        return header.containsAll(List.of(names));
    }

    boolean next() {
        String line = lines.next();
        while (line != null && line.isBlank()) {
            line = lines.next();
        }
        if (line == null) {
            return false;
        }
        row.clear();
        split(line, row);
        return true;
    }

    /// A field of the row at hand; empty where the column or the field is not there.
    String text(int column) {
        return column < 0 || column >= row.size() ? "" : row.get(column);
    }

    /// A field as a number, or NaN.
    double number(int column) {
        String text = text(column);
        if (text.isEmpty()) {
            return Double.NaN;
        }
        char last = text.charAt(text.length() - 1);
        if (last != '.' && (last < '0' || last > '9')) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN; // not a number is what NaN says
        }
    }

    /// Number of the row's line.
    long line() {
        return lines.number();
    }

    @Override
    public void close() {
        lines.close();
    }

    private static void split(String line, List<String> fields) {
        int at = 0;
        while (at <= line.length()) {
            if (at < line.length() && line.charAt(at) == '"') {
                StringBuilder field = new StringBuilder();
                at++;
                while (at < line.length()) {
                    char c = line.charAt(at++);
                    if (c != '"') {
                        field.append(c);
                    } else if (at < line.length() && line.charAt(at) == '"') {
                        field.append('"');
                        at++;
                    } else {
                        break;
                    }
                }
                fields.add(field.toString());
                at = line.indexOf(',', at) < 0 ? line.length() + 1 : line.indexOf(',', at) + 1;
            } else {
                int end = line.indexOf(',', at);
                end = end < 0 ? line.length() : end;
                fields.add(line.substring(at, end));
                at = end + 1;
            }
        }
    }
}
