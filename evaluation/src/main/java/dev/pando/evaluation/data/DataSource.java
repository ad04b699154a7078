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
/// @param each lists within a record: their elements become records, see [#each]
/// @param beside files of as many lines, by the field that a line becomes
public record DataSource(
        List<String> files,
        Format format,
        String at,
        boolean header,
        List<String> columns,
        Map<String, String> where,
        List<String> each,
        Map<String, String> beside) {
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
        /// Each line as field `text` of a record.
        LINES,
        /// The whole file as field `text` of one record.
        TEXT
    }

    /// Whole files, each as field `text`.
    public static DataSource texts(List<String> files) {
        return new DataSource(files, Format.TEXT, "", false, List.of(), Map.of(), List.of(), Map.of());
    }

    public DataSource {
        files = List.copyOf(files);
        columns = List.copyOf(columns);
        each = List.copyOf(each);
    }

    /// All records, in the order of files and lines.
    ///
    /// @param filled record whose fields stand for `{name}` in the patterns; null: none does yet
    /// @throws EvaluationException if there is no file, no record, or a broken one
    public List<Row> read(DataFolder folder, Row filled) {
        List<Row> rows = new ArrayList<>();
        for (String pattern : filled == null ? files : patterns(filled)) {
            for (DataFile file : folder.match(pattern)) {
                int before = rows.size();
                read(file, rows);
                if (rows.size() == before) {
                    throw new EvaluationException(file.name() + " holds no records");
                }
            }
        }
        beside.forEach((field, pattern) -> addBeside(field, pattern, folder, rows));
        if (!each.isEmpty()) {
            List<Row> whole = List.copyOf(rows);
            rows.clear();
            whole.forEach(row -> each(row, rows));
        }
        rows.removeIf(row -> !wanted(row));
        if (rows.isEmpty()) {
            throw new EvaluationException("no record of " + String.join(", ", files) + " is as `where` wants it");
        }
        return rows;
    }

    /// Makes a record of each element: the fields of an object, such as a question of a passage, join those of the
    /// record; other values take the place of the list, also of several lists of one length side by side.
    private void each(Row row, List<Row> rows) {
        int count = list(row, each.getFirst()).size();
        for (int i = 0; i < count; i++) {
            Row one = new Row(row.fields().deepCopy(), row.where() + ", " + each.getFirst() + " " + (i + 1));
            for (String name : each) {
                JsonNode list = list(row, name);
                if (list.size() != count) {
                    throw new EvaluationException(
                            row.where()
                                    + " has "
                                    + count
                                    + " of "
                                    + each.getFirst()
                                    + " and "
                                    + list.size()
                                    + " of "
                                    + name);
                }
                if (list.get(i) instanceof ObjectNode fields) {
                    one.fields().remove(name);
                    one.fields().setAll(fields);
                } else {
                    one.fields().set(name, list.get(i));
                }
            }
            rows.add(one);
        }
    }

    private static JsonNode list(Row row, String name) {
        JsonNode list = row.at(name);
        if (!list.isArray()) {
            throw new EvaluationException(row.where() + ": field " + name + " is no list, and data.each names it");
        }
        return list;
    }

    private static void addBeside(String field, String pattern, DataFolder folder, List<Row> rows) {
        List<Row> lines =
                new DataSource(List.of(pattern), Format.LINES, "", false, List.of(), Map.of(), List.of(), Map.of())
                        .read(folder, null);
        if (lines.size() != rows.size()) {
            throw new EvaluationException(
                    pattern + " has " + lines.size() + " lines beside " + rows.size() + " records");
        }
        for (int i = 0; i < rows.size(); i++) {
            rows.get(i).fields().set(field, lines.get(i).at("text"));
        }
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
                case LINES -> {
                    int number = 0;
                    for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
                        ObjectNode fields = JsonNodeFactory.instance.objectNode();
                        add(file, fields.put("text", line), file.name() + ":" + ++number, rows);
                    }
                }
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
            String where = file.name() + ", record " + (i + 1);
            add(file, node.get(i).isArray() ? named(node.get(i), where) : node.get(i), where, rows);
        }
    }

    /// A list as a record, its values named as the columns of a CSV file are.
    private ObjectNode named(JsonNode list, String where) {
        checkColumns(list.size(), columns, where);
        ObjectNode fields = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < list.size(); i++) {
            fields.set(columns.isEmpty() ? "c" + i : columns.get(i), list.get(i));
        }
        return fields;
    }

    private static void checkColumns(int count, List<String> names, String where) {
        if (!names.isEmpty() && count != names.size()) {
            throw new EvaluationException(where + " has " + count + " columns, and " + names.size() + " are named");
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
                checkColumns(values.length, names, where);
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
