package dev.pando.evaluation.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/// One record of a benchmark's file, and where it stands there.
///
/// @param fields by name
/// @param where file and line, as an error names them
public record Row(ObjectNode fields, String where) {
    /// The value at a path such as `turns.0`: names of fields, and places in lists.
    ///
    /// @throws EvaluationException naming the record and the fields that it has
    public JsonNode at(String path) {
        JsonNode node = fields.get(path); // a name may hold dots itself
        if (node != null) {
            return node;
        }
        node = fields;
        for (String name : path.split("\\.")) {
            node = name.matches("\\d+") && node.isArray() ? node.get(Integer.parseInt(name)) : node.get(name);
            if (node == null) {
                throw new EvaluationException(where + " has no field " + path + "; it has " + names());
            }
        }
        return node;
    }

    /// This record with one more field, or another value for one.
    public Row with(String name, JsonNode value) {
        ObjectNode more = fields.deepCopy();
        more.set(name, value);
        return new Row(more, where);
    }

    private String names() {
        List<String> names = new ArrayList<>();
        fields.fieldNames().forEachRemaining(names::add);
        return names.isEmpty() ? "none" : String.join(", ", names);
    }
}
