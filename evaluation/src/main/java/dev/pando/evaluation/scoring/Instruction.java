package dev.pando.evaluation.scoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.data.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// One instruction of IFEval that a program can check: the 25 kinds of its paper, by their names.
///
/// Where the original asks a library, rules of our own stand: sentences and capital words by [Sentences], languages by
/// [LanguageGuess].
final class Instruction {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final Predicate<String> check;

    private Instruction(Predicate<String> check) {
        this.check = check;
    }

    boolean follows(String answer) {
        return check.test(answer);
    }

    /// @param arguments by the names of the data set
    /// @throws EvaluationException for a kind that is not among the 25, or without an argument that it needs
    static Instruction of(String kind, JsonNode arguments, Row row) {
        Arguments given = new Arguments(kind, arguments, row);
        return new Instruction(
                switch (kind.substring(kind.indexOf(':') + 1)) {
                    case "existence" -> every(given.texts("keywords"));
                    case "frequency" ->
                            given.relation("relation", "frequency", counting(insensitive(given.text("keyword"))));
                    case "forbidden_words" ->
                            every(
                                    given.texts("forbidden_words").stream().map(word -> "\\b" + word + "\\b").toList(),
                                    false);
                    case "letter_frequency" -> {
                        String letter = given.text("letter").toLowerCase(Locale.ROOT);
                        yield given.relation(
                                "let_relation",
                                "let_frequency",
                                answer ->
                                        count(Pattern.compile(Pattern.quote(letter)), answer.toLowerCase(Locale.ROOT)));
                    }
                    case "response_language" -> {
                        String language = given.text("language");
                        yield answer -> LanguageGuess.of(answer).map(language::equals).orElse(true);
                    }
                    case "number_sentences" ->
                            given.relation("relation", "num_sentences", answer -> Sentences.of(answer).size());
                    case "number_paragraphs" -> paragraphs(given.number("num_paragraphs"));
                    case "number_words" ->
                            given.relation(
                                    "relation",
                                    "num_words",
                                    counting(Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS)));
                    case "nth_paragraph_first_word" ->
                            nthParagraph(
                                    given.number("num_paragraphs"),
                                    given.number("nth_paragraph"),
                                    given.text("first_word").toLowerCase(Locale.ROOT));
                    case "number_placeholders" -> {
                        int least = given.number("num_placeholders");
                        yield answer -> count(Pattern.compile("\\[.*?]"), answer) >= least;
                    }
                    case "postscript" -> {
                        Pattern pattern = postscript(given.text("postscript_marker"));
                        yield answer -> pattern.matcher(answer.toLowerCase(Locale.ROOT)).find();
                    }
                    case "number_bullet_lists" -> {
                        int exactly = given.number("num_bullets");
                        yield answer -> bullets(answer) == exactly;
                    }
                    case "constrained_response" ->
                            answer ->
                                    Stream.of("My answer is yes.", "My answer is no.", "My answer is maybe.")
                                            .anyMatch(answer::contains);
                    case "number_highlighted_sections" -> {
                        int least = given.number("num_highlights");
                        yield answer -> highlights(answer) >= least;
                    }
                    case "multiple_sections" -> {
                        Pattern splitter =
                                Pattern.compile("\\s?" + given.text("section_spliter").strip() + "\\s?\\d+\\s?");
                        int least = given.number("num_sections");
                        yield answer -> count(splitter, answer) >= least;
                    }
                    case "json_format" -> Instruction::isJson;
                    case "title" ->
                            answer ->
                                    Pattern.compile("<<[^\\n]+>>")
                                            .matcher(answer)
                                            .results()
                                            .anyMatch(title -> !title.group().replaceAll("^<+|>+$", "").isBlank());
                    case "two_responses" -> Instruction::isTwoResponses;
                    case "repeat_prompt" -> {
                        String prompt = given.text("prompt_to_repeat").strip().toLowerCase(Locale.ROOT);
                        yield answer -> answer.strip().toLowerCase(Locale.ROOT).startsWith(prompt);
                    }
                    case "end_checker" -> {
                        String end = given.text("end_phrase").strip().toLowerCase(Locale.ROOT);
                        yield answer ->
                                answer.strip().replaceAll("^\"+|\"+$", "").toLowerCase(Locale.ROOT).endsWith(end);
                    }
                    case "capital_word_frequency" ->
                            given.relation(
                                    "capital_relation",
                                    "capital_frequency",
                                    answer ->
                                            (int)
                                                    Sentences.words(answer).stream()
                                                            .filter(Instruction::isUpper)
                                                            .count());
                    case "english_capital" -> answer -> isUpper(answer) && isEnglish(answer);
                    case "english_lowercase" ->
                            answer ->
                                    answer.equals(answer.toLowerCase(Locale.ROOT))
                                            && hasCase(answer)
                                            && isEnglish(answer);
                    case "no_comma" -> answer -> !answer.contains(",");
                    case "quotation" ->
                            answer -> {
                                String bare = answer.strip();
                                return bare.length() > 1 && bare.startsWith("\"") && bare.endsWith("\"");
                            };
                    default ->
                            throw new EvaluationException(
                                    row.where() + " has the instruction " + kind + ", which is no kind of IFEval's");
                });
    }

    /// What an instruction is given.
    private record Arguments(String kind, JsonNode values, Row row) {
        private JsonNode needed(String name) {
            JsonNode value = values.get(name);
            if (value == null || value.isNull()) {
                throw new EvaluationException(row.where() + ": the instruction " + kind + " needs " + name);
            }
            return value;
        }

        String text(String name) {
            return needed(name).asText();
        }

        int number(String name) {
            return needed(name).asInt();
        }

        List<String> texts(String name) {
            List<String> texts = new ArrayList<>();
            needed(name).forEach(each -> texts.add(each.asText()));
            return texts;
        }

        Predicate<String> relation(String relation, String number, java.util.function.ToIntFunction<String> counter) {
            int bound = number(number);
            boolean less = text(relation).equals("less than");
            return answer -> less ? counter.applyAsInt(answer) < bound : counter.applyAsInt(answer) >= bound;
        }
    }

    private static Predicate<String> every(List<String> keywords) {
        return every(keywords, true);
    }

    private static Predicate<String> every(List<String> patterns, boolean found) {
        List<Pattern> all = patterns.stream().map(Instruction::insensitive).toList();
        return answer -> all.stream().allMatch(pattern -> pattern.matcher(answer).find() == found);
    }

    private static Pattern insensitive(String pattern) {
        int flags = Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.UNICODE_CHARACTER_CLASS;
        try {
            return Pattern.compile(pattern, flags);
        } catch (java.util.regex.PatternSyntaxException plain) {
            return Pattern.compile(Pattern.quote(pattern), flags);
        }
    }

    private static java.util.function.ToIntFunction<String> counting(Pattern pattern) {
        return answer -> count(pattern, answer);
    }

    private static int count(Pattern pattern, String answer) {
        Matcher matcher = pattern.matcher(answer);
        int count = 0;
        while (matcher.find()) {
            count++;
        }
        return count;
    }

    private static Predicate<String> paragraphs(int wanted) {
        return answer -> {
            String[] parts = answer.split("\\s?\\*\\*\\*\\s?", -1);
            int count = parts.length;
            for (int i = 0; i < parts.length; i++) {
                if (parts[i].isBlank()) {
                    if (i > 0 && i < parts.length - 1) {
                        return false;
                    }
                    count--;
                }
            }
            return count == wanted;
        };
    }

    private static Predicate<String> nthParagraph(int wanted, int nth, String firstWord) {
        return answer -> {
            String[] parts = answer.split("\n\n", -1);
            long count = Stream.of(parts).filter(part -> !part.isBlank()).count();
            if (nth > count || nth < 1 || parts[nth - 1].isBlank()) {
                return false;
            }
            String word = parts[nth - 1].strip().split("\\s+")[0].replaceFirst("^'+", "").replaceFirst("^\"+", "");
            return count == wanted && word.split("[.,?!'\"]", -1)[0].toLowerCase(Locale.ROOT).equals(firstWord);
        };
    }

    private static Pattern postscript(String marker) {
        String pattern =
                switch (marker) {
                    case "P.P.S" -> "\\s*p\\.\\s?p\\.\\s?s.*$";
                    case "P.S." -> "\\s*p\\.\\s?s\\..*$";
                    default -> "\\s*" + marker.toLowerCase(Locale.ROOT) + ".*$";
                };
        return Pattern.compile(pattern, Pattern.MULTILINE);
    }

    private static int bullets(String answer) {
        return count(Pattern.compile("^\\s*\\*[^*].*$", Pattern.MULTILINE), answer)
                + count(Pattern.compile("^\\s*-.*$", Pattern.MULTILINE), answer);
    }

    private static int highlights(String answer) {
        long single =
                Pattern.compile("\\*[^\\n*]*\\*")
                        .matcher(answer)
                        .results()
                        .filter(found -> !found.group().replace("*", "").isBlank())
                        .count();
        long twice =
                Pattern.compile("\\*\\*[^\\n*]*\\*\\*")
                        .matcher(answer)
                        .results()
                        .filter(found -> !found.group().replace("*", "").isBlank())
                        .count();
        return (int) (single + twice);
    }

    private static boolean isJson(String answer) {
        String bare = answer.strip().replaceFirst("^```(?:json|Json|JSON)?", "").replaceFirst("```$", "").strip();
        try {
            return !JSON.readTree(bare).isMissingNode();
        } catch (JsonProcessingException none) {
            return false;
        }
    }

    private static boolean isTwoResponses(String answer) {
        String[] parts = answer.split("\\*{6}", -1);
        List<String> said = new ArrayList<>();
        for (int i = 0; i < parts.length; i++) {
            if (!parts[i].isBlank()) {
                said.add(parts[i].strip());
            } else if (i > 0 && i < parts.length - 1) {
                return false;
            }
        }
        return said.size() == 2 && !said.get(0).equals(said.get(1));
    }

    private static boolean isUpper(String text) {
        return text.equals(text.toUpperCase(Locale.ROOT)) && hasCase(text);
    }

    private static boolean hasCase(String text) {
        return text.codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
    }

    private static boolean isEnglish(String answer) {
        return LanguageGuess.of(answer).map("en"::equals).orElse(true);
    }
}
