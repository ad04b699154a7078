package dev.pando.data.read;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnSchema;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Troubles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The rows of a Parquet file as documents: column `text`, and those of `id`, `url`, `title`, `date`, `language`,
/// `source` that are there.
final class ParquetRows {
    private static final List<String> TAKEN = List.of("id", "url", "title", "date", "language", "source", "license");

    private final Troubles troubles;

    ParquetRows(Troubles troubles) {
        this.troubles = troubles;
    }

    void read(Path file, String name, Consumer<ObjectNode> out) throws IOException {
        long row = 0;
        try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(file))) {
            List<String> columns = new ArrayList<>();
            for (ColumnSchema column : reader.getFileSchema().getColumns()) {
                columns.add(column.name());
            }
            if (!columns.contains("text")) {
                troubles.add("Parquet file without a column named text", file.toString());
                return;
            }
            try (RowReader rows = reader.rowReader()) {
                while (rows.hasNext()) {
                    rows.next();
                    row++;
                    document(rows, columns, name, row, out);
                }
            }
        } catch (IOException | RuntimeException odd) { // what the library throws on damaged or unknown content
            troubles.add("Parquet that cannot be read", file + " after row " + row + " (" + odd.getMessage() + ")");
        }
    }

    private void document(RowReader rows, List<String> columns, String name, long row, Consumer<ObjectNode> out) {
        String text = string(rows, "text");
        if (text == null) {
            troubles.add("row without text", name + ":" + row);
            return;
        }
        ObjectNode document = JsonLines.object();
        for (String column : TAKEN) {
            String value = columns.contains(column) ? string(rows, column) : null;
            if (value != null) {
                document.put(column, JsonLines.sound(value));
            }
        }
        if (!document.has("id") && !document.has("url")) {
            document.put("file", name + ":" + row);
        }
        out.accept(document.put("text", JsonLines.sound(text)));
    }

    private static String string(RowReader rows, String column) {
        if (rows.isNull(column)) {
            return null;
        }
        Object value = rows.getValue(column);
        return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(value);
    }
}
