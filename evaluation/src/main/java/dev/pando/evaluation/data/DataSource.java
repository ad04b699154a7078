package dev.pando.evaluation.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.pando.evaluation.data.DataFolder.DataFile;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/// Reads the records of a benchmark from the files that people have.
///
/// @param files patterns, see [DataFolder]
/// @param format of the files; empty: by the ending of their names
/// @param at path of the list within a JSON file; empty: the file is the list
/// @param header whether a CSV file begins with the names of its columns
/// @param columns names of a CSV file's columns, instead of `c0`, `c1` and so on
/// @param where fields that must have a value for the record to count
public record DataSource(
        List<String> files, Format format, String at, boolean header, List<String> columns, Map<String, String> where) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Layout of a file.
    public enum Format {
        /// By the ending of the file's name.
        BY_NAME,
        /// A JSON object a line.
        JSONL,
        /// One JSON value that is or holds a list.
        JSON,
        /// Comma-separated values (RFC 4180).
        CSV,
        /// The whole file as field `text` of one record.
        TEXT
    }

    public DataSource {
        files = List.copyOf(files);
        columns = List.copyOf(columns);
    }

    /// All records, in the order of files and lines.
    ///
    /// @param row whose fields stand for `{name}` in the patterns; null: none does yet
    /// @throws EvaluationException if there is no file, no record, or no valid record
    public List<Row> read(DataFolder folder, Row row) {
        List<Row> rows = new ArrayList<>();
        for (String pattern : row == null ? files : patterns(row)) {
            for (DataFile file : folder.match(pattern)) {
                int before = rows.size();
                read(file, rows);
                if (rows.size() == before) {
                    throw new EvaluationException(file.name() + " holds no records");
                }
            }
        }
        rows.removeIf(each -> !wanted(each));
        if (rows.isEmpty()) {
            throw new EvaluationException("no record of " + String.join(", ", files) + " is as `where` wants it");
        }
        return rows;
    }

    /// The patterns with a record's fields in the places of their names.
    public List<String> patterns(Row row) {
        return files.stream().map(pattern -> filled(pattern, row)).toList();
    }

    private static String filled(String pattern, Row row) {
        Matcher place = Pattern.compile("\\{([a-z-]+)(?:=[^}]*)?}").matcher(pattern);
        return place.replaceAll(match ->
                row.fields().has(match.group(1))
                        ? Matcher.quoteReplacement(row.fields().get(match.group(1)).asText())
                        : Matcher.quoteReplacement(match.group()));
    }

    private boolean wanted(Row row) {
        return where.entrySet().stream().allMatch(each -> row.at(each.getKey()).asText().equals(each.getValue()));
    }

    private void read(DataFile file, List<Row> rows) {
        try (InputStream in = unpacked(file.opening().open())) {
            switch (format == Format.BY_NAME ? byName(file.name()) : format) {
                case JSONL, BY_NAME -> lines(file, in, rows);
                case JSON -> list(file, in, rows);
                case CSV -> csv(file, in, rows);
                case TEXT -> {
                    ObjectNode fields = JsonNodeFactory.instance.objectNode();
                    fields.put("text", new String(in.readAllBytes(), StandardCharsets.UTF_8));
                    add(file, fields, file.name(), rows);
                }
            }
        } catch (JsonProcessingException wrong) {
            throw new EvaluationException(file.name() + " cannot be read: " + wrong.getOriginalMessage(), wrong);
        } catch (IOException failed) {
            throw new EvaluationException(file.name() + " cannot be read: " + failed.getMessage(), failed);
        }
    }

    private static Format byName(String name) {
        String plain = name.toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        return plain.endsWith(".json")
                ? Format.JSON
                : plain.endsWith(".csv") ? Format.CSV : plain.endsWith(".txt") ? Format.TEXT : Format.JSONL;
    }

    private static InputStream unpacked(InputStream raw) throws IOException {
        BufferedInputStream in = new BufferedInputStream(raw);
        in.mark(2);
        boolean packed = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return packed ? new GZIPInputStream(in, 1 << 16) : in;
    }

    private static void lines(DataFile file, InputStream in, List<Row> rows) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        String line = reader.readLine();
        for (int number = 1; line != null; number++, line = reader.readLine()) {
            if (!line.isBlank()) {
                JsonNode node;
                try {
                    node = JSON.readTree(line);
                } catch (JsonProcessingException wrong) {
                    throw new EvaluationException(
                            file.name() + ":" + number + " is no JSON: " + wrong.getOriginalMessage(), wrong);
                }
                add(file, node, file.name() + ":" + number, rows);
            }
        }
    }

    private void list(DataFile file, InputStream in, List<Row> rows) throws IOException {
        JsonNode node = JSON.readTree(in);
        for (String name : at.isEmpty() ? new String[0] : at.split("\\.")) {
            node = node.path(name);
        }
        if (!node.isArray()) {
            throw new EvaluationException(
                    file.name()
                            + (at.isEmpty() ? " is no list" : " has no list at " + at)
                            + "; data.at names its path");
        }
        for (int i = 0; i < node.size(); i++) {
            add(file, node.get(i), file.name() + ", record " + (i + 1), rows);
        }
    }

    private void csv(DataFile file, InputStream in, List<Row> rows) throws IOException {
        CsvMapper mapper = CsvMapper.builder().enable(CsvParser.Feature.WRAP_AS_ARRAY).build();
        try (MappingIterator<String[]> lines =
                mapper.readerFor(String[].class).with(CsvSchema.emptySchema()).readValues(in)) {
            List<String> names = columns;
            for (int number = 1; lines.hasNext(); number++) {
                String[] values = lines.next();
                if (number == 1 && header) {
                    values[0] = values[0].replaceFirst("^\ufeff", "");
                    names = columns.isEmpty() ? List.of(values) : columns;
                    continue;
                }
                String where = file.name() + ", record " + number;
                if (!names.isEmpty() && values.length != names.size()) {
                    throw new EvaluationException(
                            where + " has " + values.length + " columns, and " + names.size() + " are named");
                }
                ObjectNode fields = JsonNodeFactory.instance.objectNode();
                for (int i = 0; i < values.length; i++) {
                    fields.put(names.isEmpty() ? "c" + i : names.get(i), values[i]);
                }
                add(file, fields, where, rows);
            }
        }
    }

    private static void add(DataFile file, JsonNode node, String where, List<Row> rows) {
        if (!(node instanceof ObjectNode fields)) {
            throw new EvaluationException(where + " is no object with fields");
        }
        file.captured().forEach(fields::put);
        rows.add(new Row(fields, where));
    }
}
