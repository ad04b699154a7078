package dev.pando.evaluation.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.evaluation.data.Row;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The oracle is the paper's description of each of the 25 kinds: one answer that follows it, one that does not.
class InstructionScorerTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "keywords:existence|{\"keywords\": [\"leaf\", \"root\"]}|A Leaf and a root.|A leaf alone.",
                "keywords:frequency|{\"keyword\": \"tree\", \"frequency\": 2, \"relation\": \"at least\"}|tree,"
                        + " Tree|tree",
                "keywords:forbidden_words|{\"forbidden_words\": [\"cat\"]}|concatenate|the Cat sat",
                "keywords:letter_frequency|{\"letter\": \"e\", \"let_frequency\": 3, \"let_relation\": \"less"
                        + " than\"}|we go|tree been",
                "language:response_language|{\"language\": \"de\"}|Das ist nicht der Hund und auch nicht die"
                        + " Katze.|This is not the dog and not the cat.",
                "language:response_language|{\"language\": \"ko\"}|안녕하세요 세계|hello world",
                "language:response_language|{\"language\": \"hi\"}|यह एक किताब है और वह नहीं है।|हे पुस्तक आहे आणि ते"
                        + " नाही.",
                "length_constraints:number_sentences|{\"num_sentences\": 3, \"relation\": \"at least\"}|One. Dr. Who"
                        + " came! Why?|Dr. Who came. He left.",
                "length_constraints:number_paragraphs|{\"num_paragraphs\": 2}|one *** two|one two",
                "length_constraints:number_words|{\"num_words\": 4, \"relation\": \"less than\"}|only three words|there"
                        + " are four words",
                "length_constraints:nth_paragraph_first_word|{\"num_paragraphs\": 2, \"nth_paragraph\": 2,"
                        + " \"first_word\": \"then\"}|~First.\n\n"
                        + "Then, more.~|~First.\n\n"
                        + "Now more.~",
                "detectable_content:number_placeholders|{\"num_placeholders\": 2}|[name] at [place]|[name] only",
                "detectable_content:postscript|{\"postscript_marker\": \"P.S.\"}|Done. P.S. Bye|Done. Bye",
                "detectable_format:number_bullet_lists|{\"num_bullets\": 2}|~* one\n- two~|* one",
                "detectable_format:constrained_response|{}|My answer is maybe.|Perhaps.",
                "detectable_format:number_highlighted_sections|{\"num_highlights\": 2}|*one* and *two*|*one* and **",
                "detectable_format:multiple_sections|{\"section_spliter\": \"Section\", \"num_sections\": 2}|~Section"
                        + " 1\n"
                        + "a\n"
                        + "Section 2\n"
                        + "b~|Section 1",
                "detectable_format:json_format|{}|~```json\n{\"a\": 1}\n```~|{a: 1",
                "detectable_format:title|{}|<<A title>> text|<< >> text",
                "combination:two_responses|{}|yes ****** no|yes ****** yes",
                "combination:repeat_prompt|{\"prompt_to_repeat\": \"Say it.\"}|say it. It.|It.",
                "startend:end_checker|{\"end_phrase\": \"The end.\"}|This is the end.|The end. Or not",
                "startend:quotation|{}|\"all of it\"|\"some\" of it",
                "change_case:capital_word_frequency|{\"capital_frequency\": 2, \"capital_relation\": \"at least\"}|GO"
                        + " WEST now|GO west",
                "change_case:english_capital|{}|THE DOG AND THE CAT ARE HERE|The DOG AND THE CAT",
                "change_case:english_lowercase|{}|the dog and the cat are here|The dog and the cat",
                "punctuation:no_comma|{}|no comma here|one, two"
            })
    void shouldTellWhetherAnInstructionIsFollowed(String kind, String arguments, String good, String bad)
            throws JsonProcessingException {
        Row row = new Row(JSON.createObjectNode(), "test");

        assertThat(Instruction.of(kind, JSON.readTree(arguments), row).follows(good)).as(good).isTrue();
        assertThat(Instruction.of(kind, JSON.readTree(arguments), row).follows(bad)).as(bad).isFalse();
    }

    @Test
    void shouldAverageStrictAndLooseAccuracies() throws JsonProcessingException {
        Row row =
                row(
                        "{\"instruction_id_list\": [\"startend:quotation\", \"punctuation:no_comma\"], \"kwargs\": [{},"
                                + " {}]}");

        // the first line hides the quotation: loose alone
        Verdict verdict = score("Sure:\n\"no commas at all\"", row);

        assertThat(verdict.counts()).containsExactly(0L, 1L, 1L, 1L, 2L, 2L);
        assertThat(verdict.score()).isEqualTo((0 + 1 + 0.5 + 1) / 4);
        assertThat(verdict.why()).isEqualTo("not followed: startend:quotation");
        assertThat(score("", row).score()).isZero();
    }

    @Test
    void shouldRefuseAnInstructionThatIsNone() throws JsonProcessingException {
        Row row = row("{\"instruction_id_list\": [\"keywords:rhyme\"], \"kwargs\": [{}]}");

        assertThatThrownBy(() -> score("a", row)).hasMessageContaining("keywords:rhyme, which is no kind of IFEval's");
    }

    private static Verdict score(String answer, Row row) {
        return new InstructionScorer().score(new Answer(answer, answer, List.of(), row));
    }

    private static Row row(String json) throws JsonProcessingException {
        return new Row((ObjectNode) JSON.readTree(json), "test");
    }
}
