package dev.pando.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.evaluation.run.Item;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Task files on records of our own in the layouts of their publishers, whose full files are not here.
class LayoutsTest {
    @TempDir private Path folder;

    @Test
    void shouldReadCEval() {
        String dev = "id,question,A,B,C,D,answer,explanation\n";
        for (int i = 0; i < 5; i++) {
            dev += i + ",一加" + i + "等于几？,0,1,2,3,B,略\n";
        }
        write("ceval/dev/high_school_maths_dev.csv", dev);
        write("ceval/val/high_school_maths_val.csv", "id,question,A,B,C,D,answer\n0,\"二加二，等于几？\",1,2,3,4,D\n");

        Item item = only("ceval");

        assertThat(item.group()).isEqualTo("high_school_maths");
        assertThat(item.shown())
                .startsWith("以下是中国关于high school maths考试的单项选择题")
                .contains("一加4等于几？\nA. 0\nB. 1\nC. 2\nD. 3\n答案：B\n\n")
                .endsWith("二加二，等于几？\nA. 1\nB. 2\nC. 3\nD. 4\n答案：");
    }

    @Test
    void shouldReadTheQuestionsOfAPassageApart() {
        write(
                "race/test/high/high7.txt",
                "{\"article\": \"The lamp was red.\", \"id\": \"high7.txt\", \"questions\": [\"Which colour?\","
                        + " \"What?\"], \"options\": [[\"red\", \"blue\"], [\"a cup\", \"a lamp\"]], \"answers\": [\"A\","
                        + " \"B\"]}");

        List<Item> items = items("race-high");

        assertThat(items).hasSize(2);
        assertThat(items.get(1).shown())
                .isEqualTo("Article:\nThe lamp was red.\n\nQuestion: What?\nA. a cup\nB. a lamp\nAnswer:");
        assertThat(items.get(1).choices()).containsExactly("A", "B");
        assertThat(items.get(1).row().where()).endsWith("high7.txt:1, questions 2");
    }

    @Test
    void shouldReadRecordsThatAreLists() {
        StringBuilder train = new StringBuilder("[");
        for (int i = 0; i < 5; i++) {
            train.append(i == 0 ? "" : ",").append(dialogue("例" + i));
        }
        write("c3/c3-d-train.json", train + "]");
        write("c3/c3-d-test.json", "[" + dialogue("在哪里？") + "]");

        Item item = only("c3");

        assertThat(item.shown()).endsWith("文章：女：书呢？\n男：在家。\n问题：在哪里？\n答案：");
        assertThat(item.choices()).containsExactly("家", "店");
    }

    private static String dialogue(String question) {
        return "[[\"女：书呢？\", \"男：在家。\"], [{\"question\": \""
                + question
                + "\", \"choice\": [\"家\", \"店\"], \"answer\": \"家\"}], \"1-1\"]";
    }

    @Test
    void shouldReadTranslationsThatStandBesideEachOther() {
        for (String part : List.of("dev/%s.dev", "devtest/%s.devtest")) {
            StringBuilder english = new StringBuilder();
            StringBuilder chinese = new StringBuilder();
            for (int i = 0; i < 9; i++) {
                english.append("Line ").append(i).append(".\n");
                chinese.append("第").append(i).append("行。\n");
            }
            write("flores/" + part.formatted("eng_Latn"), english.toString());
            write("flores/" + part.formatted("zho_Hans"), chinese.toString());
        }

        List<Item> items = items("flores-en-zh");

        assertThat(items).hasSize(9);
        assertThat(items.get(8).shown())
                .contains("English: Line 7.\nChinese: 第7行。\n\n")
                .endsWith("English: Line 8.\nChinese:");
        assertThat(items("flores-zh-en").get(8).shown()).endsWith("Chinese: 第8行。\nEnglish:");

        write("flores/devtest/zho_Hans.devtest", "一行。\n");
        assertThatThrownBy(() -> items("flores-en-zh")).hasMessageContaining("has 1 lines beside 9 records");
    }

    @Test
    void shouldReadTriviaQa() {
        List<String> questions = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            questions.add(
                    "{\"Question\": \"Who is "
                            + i
                            + "?\", \"QuestionId\": \"q"
                            + i
                            + "\", \"Answer\": {\"Value\": \"Ann\", \"Aliases\": [\"Ann\", \"Anna\"]}}");
        }
        write("triviaqa/unfiltered-web-dev.json", "{\"Data\": [" + String.join(",", questions) + "]}");

        List<Item> items = items("triviaqa");

        assertThat(items.getFirst().id()).isEqualTo("q0");
        assertThat(items.getFirst().shown())
                .startsWith("Question: Who is 1?\nAnswer: Ann\n\n")
                .endsWith("Question: Who is 0?\nAnswer:");
    }

    @Test
    void shouldReadHellaSwag() {
        write(
                "hellaswag/hellaswag_val.jsonl",
                "{\"ind\": 1, \"activity_label\": \"Baking\", \"ctx\": \"A man\", \"split_type\": \"indomain\","
                        + " \"endings\": [\"bakes.\", \"flies.\"], \"label\": 0}");

        assertThat(only("hellaswag").shown()).isEqualTo("Baking: A man");
    }

    @Test
    void shouldReadLongTexts() {
        write(
                "longbench/qasper.jsonl",
                "{\"input\": \"Who?\", \"context\": \"Ann came.\", \"answers\": [\"Ann\", \"Ann did\"]}");
        write(
                "leval/quality.jsonl",
                "{\"input\": \"A text.\", \"instructions\": [\"First?\", \"Second?\"], \"outputs\": [\"(A)\","
                        + " \"(B)\"]}");

        assertThat(only("longbench-questions").shown()).startsWith("Ann came.\n\n").endsWith("Question: Who?\nAnswer:");
        assertThat(items("leval-exact")).extracting(Item::shown).last().isEqualTo("A text.\n\nSecond?\nAnswer:");

        write("leval/tpo.jsonl", "{\"input\": \"A text.\", \"instructions\": [\"First?\"], \"outputs\": []}");
        assertThatThrownBy(() -> items("leval-exact")).hasMessageContaining("has 1 of instructions and 0 of outputs");
    }

    private Item only(String task) {
        List<Item> items = items(task);
        assertThat(items).hasSize(1);
        return items.getFirst();
    }

    private List<Item> items(String task) {
        return Suite.prepare(List.of(task), Optional.of(folder), 0).items();
    }

    private void write(String file, String text) {
        try {
            Path path = folder.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
