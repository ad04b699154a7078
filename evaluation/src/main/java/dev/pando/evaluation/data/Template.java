package dev.pando.evaluation.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A text with places for a record's fields: `Question: {{question | strip}}`.
///
/// A place holds the path of a field, then any number of filters. Filters of lists are `options` (a line `A. …` for
/// each), `lettered: (A) ` (each behind its letter, written as in the example), `letters` (a list of as many) and
/// `join: SEPARATOR`; `json` is the value as JSON, a text as it is; `letter` makes 0 an A; `number: N` counts N up from
/// 0; all others are [TextOperation]s.
public final class Template {
    private static final Pattern PLACE = Pattern.compile("\\{\\{(?!\\{)(.*?)}}", Pattern.DOTALL);

    /// Literal text, or a path with filters.
    private record Part(String literal, String path, List<Filter> filters) {}

    @FunctionalInterface
    private interface Filter {
        JsonNode apply(JsonNode value, Row row);
    }

    private final String written;
    private final List<Part> parts = new ArrayList<>();

    private Template(String written) {
        this.written = written;
        Matcher place = PLACE.matcher(written);
        int done = 0;
        while (place.find()) {
            literal(written.substring(done, place.start()));
            String[] pieces = place.group(1).split("\\|");
            String path = pieces[0].strip();
            if (path.isEmpty()) {
                throw new EvaluationException("\"" + place.group() + "\" names no field");
            }
            List<Filter> filters = new ArrayList<>();
            for (int i = 1; i < pieces.length; i++) {
                filters.add(filter(pieces[i].stripLeading()));
            }
            parts.add(new Part(null, path, filters));
            done = place.end();
        }
        String rest = written.substring(done);
        if (rest.contains("{{")) {
            throw new EvaluationException("\"" + rest.substring(rest.indexOf("{{")) + "\" is not closed by }}");
        }
        literal(rest);
    }

    private void literal(String text) {
        if (!text.isEmpty()) {
            parts.add(new Part(text, null, List.of()));
        }
    }

    /// @throws EvaluationException saying what in it cannot be understood
    public static Template of(String written) {
        return new Template(written);
    }

    /// The text for a record.
    public String render(Row row) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append(part.literal != null ? part.literal : text(value(part, row), part.path, row));
        }
        return text.toString();
    }

    /// The texts of a list, if this is nothing but the place of one; else the one text.
    public List<String> list(Row row) {
        if (parts.size() == 1 && parts.getFirst().literal == null) {
            Part part = parts.getFirst();
            JsonNode value = value(part, row);
            if (value.isArray()) {
                List<String> texts = new ArrayList<>();
                value.forEach(each -> texts.add(text(each, part.path, row)));
                return texts;
            }
        }
        return List.of(render(row));
    }

    @Override
    public String toString() {
        return written;
    }

    private static JsonNode value(Part part, Row row) {
        JsonNode value = row.at(part.path);
        for (Filter filter : part.filters) {
            value = filter.apply(value, row);
        }
        return value;
    }

    private static String text(JsonNode value, String path, Row row) {
        if (value.isArray() || value.isObject()) {
            throw new EvaluationException(
                    row.where()
                            + ": field "
                            + path
                            + " is a list or an object; write | join: … or | options behind it");
        }
        return value.isNull() ? "" : value.asText();
    }

    private static Filter filter(String written) {
        String name = written.contains(":") ? written.substring(0, written.indexOf(':')).strip() : written.strip();
        String argument = written.contains(": ") ? written.substring(written.indexOf(':') + 2) : "";
        return switch (name) {
            case "options" -> (value, row) -> lettered(value, "A. ", "\n", row);
            case "lettered" -> (value, row) -> lettered(value, argument, "\n", row);
            case "join" ->
                    (value, row) ->
                            new TextNode(
                                    list(value, row).stream()
                                            .map(JsonNode::asText)
                                            .collect(Collectors.joining(argument)));
            case "letters" ->
                    (value, row) -> {
                        ArrayNode letters = JsonNodeFactory.instance.arrayNode();
                        for (int i = 0; i < list(value, row).size(); i++) {
                            letters.add(letter(i));
                        }
                        return letters;
                    };
            case "json" -> (value, _) -> new TextNode(value.isTextual() ? value.asText() : value.toString());
            case "letter" -> (value, row) -> new TextNode(letter(integer(value, row)));
            case "number" ->
                    (value, row) ->
                            new TextNode(Integer.toString(integer(value, row) + integer(new TextNode(argument), row)));
            default -> {
                UnaryOperator<String> operation = TextOperation.of(written.stripTrailing());
                yield (value, row) -> new TextNode(operation.apply(text(value, "behind | " + name, row)));
            }
        };
    }

    private static JsonNode lettered(JsonNode value, String form, String separator, Row row) {
        List<JsonNode> all = list(value, row);
        return new TextNode(
                IntStream.range(0, all.size())
                        .mapToObj(i -> form.replace("A", letter(i)) + all.get(i).asText())
                        .collect(Collectors.joining(separator)));
    }

    private static List<JsonNode> list(JsonNode value, Row row) {
        if (!value.isArray()) {
            throw new EvaluationException(row.where() + ": " + value + " is no list");
        }
        List<JsonNode> all = new ArrayList<>();
        value.forEach(all::add);
        return all;
    }

    private static int integer(JsonNode value, Row row) {
        try {
            return Integer.parseInt(value.asText().strip());
        } catch (NumberFormatException wrong) {
            throw new EvaluationException(row.where() + ": " + value + " is no whole number", wrong);
        }
    }

    /// 0 is A.
    static String letter(int index) {
        if (index < 0 || index > 25) {
            throw new EvaluationException(index + " is no option that has a letter");
        }
        return Character.toString('A' + index);
    }
}
