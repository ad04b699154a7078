package dev.pando.evaluation.run;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.pando.evaluation.data.DataFolder;
import dev.pando.evaluation.data.DataSource;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.Template;
import dev.pando.evaluation.run.Question.Pair;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Normalise;
import dev.pando.evaluation.task.Shots;
import dev.pando.evaluation.task.Task;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Makes the questions of a task from its records.
public final class Preparation {
    private final Task task;
    private final DataFolder folder;
    private final Map<List<String>, List<Row>> shotRows = new HashMap<>();
    private List<Row> rows;

    private Preparation(Task task, DataFolder folder) {
        this.task = task;
        this.folder = folder;
    }

    /// All questions of a task, in the order of its records.
    ///
    /// @param limit most items, the first ones; 0: all
    /// @throws EvaluationException naming file and line of a record that is not as the task needs it
    public static List<Item> items(Task task, DataFolder folder, int limit) {
        try {
            return new Preparation(task, folder).items(limit);
        } catch (EvaluationException wrong) {
            throw new EvaluationException("task " + task.name() + ": " + wrong.getMessage(), wrong);
        }
    }

    private List<Item> items(int limit) {
        rows = task.data().read(folder, null).stream().map(this::withFields).toList();
        List<Item> items = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < rows.size() && (limit == 0 || i < limit); i++) {
            Row row = rows.get(i);
            String id = task.id().isPresent() ? task.id().get().render(row) : Integer.toString(i);
            if (!ids.add(id)) {
                throw new EvaluationException(row.where() + " has the id " + id + " of a record before it");
            }
            Question question = question(row, i);
            items.add(
                    new Item(
                            task,
                            id,
                            task.group().map(each -> each.render(row)).orElse(""),
                            row,
                            question,
                            hash(question)));
        }
        return items;
    }

    private Row withFields(Row row) {
        Row result = row;
        for (Map.Entry<String, DataSource> include : task.include().entrySet()) {
            DataSource source = include.getValue();
            List<Row> text = shotRows.computeIfAbsent(source.patterns(row), _ -> source.read(folder, row));
            result = result.with(include.getKey(), text.getFirst().at("text"));
        }
        for (Map.Entry<String, Template> field : task.fields().entrySet()) {
            List<String> values = field.getValue().list(result);
            if (values.size() == 1) {
                result = result.with(field.getKey(), new TextNode(values.getFirst()));
            } else {
                var list = result.fields().arrayNode();
                values.forEach(list::add);
                result = result.with(field.getKey(), list);
            }
        }
        return result;
    }

    private Question question(Row row, int index) {
        return switch (task.mode()) {
            case Mode.Choice choice -> {
                String context = before(row, index) + task.prompt().render(row);
                List<String> texts = choices(choice.choices(), row);
                List<Pair> pairs = texts.stream().map(text -> new Pair(context, choice.delimiter() + text)).toList();
                String bare = choice.unconditional().render(row);
                List<Pair> unconditional =
                        choice.normalise() != Normalise.UNCONDITIONAL
                                ? List.of()
                                : texts.stream().map(text -> new Pair(bare, choice.delimiter() + text)).toList();
                yield new Question.Choices(
                        pairs, texts, unconditional, gold(choice.gold(), choice.goldIs(), texts, row));
            }
            case Mode.Contexts contexts -> {
                String before = before(row, index);
                String continuation = contexts.continuation().render(row);
                List<String> texts = choices(contexts.contexts(), row);
                yield new Question.Choices(
                        texts.stream()
                                .map(text -> new Pair(before + text, contexts.delimiter() + continuation))
                                .toList(),
                        texts.stream().map(_ -> continuation).toList(),
                        List.of(),
                        gold(contexts.gold(), Mode.GoldIs.INDEX, texts, row));
            }
            case Mode.LogLikelihood likelihood ->
                    new Question.Likelihood(
                            new Pair(
                                    before(row, index) + task.prompt().render(row),
                                    likelihood.delimiter() + likelihood.continuation().render(row)));
            case Mode.Perplexity perplexity -> new Question.Whole(perplexity.text().render(row));
            case Mode.Generation generation -> {
                List<String> turns = new ArrayList<>();
                turns.add(before(row, index) + task.prompt().render(row));
                generation.turns().forEach(turn -> turns.add(turn.render(row)));
                yield new Question.Prompt(
                        task.system().map(system -> system.render(row)).orElse(""), turns, references(generation, row));
            }
        };
    }

    private static List<String> references(Mode.Generation generation, Row row) {
        return generation.references().stream().flatMap(each -> each.list(row).stream()).toList();
    }

    private static List<String> choices(List<Template> templates, Row row) {
        List<String> texts =
                templates.size() == 1
                        ? templates.getFirst().list(row)
                        : templates.stream().map(each -> each.render(row)).toList();
        if (texts.size() < 2) {
            throw new EvaluationException(row.where() + " gives " + texts.size() + " choice, and two are the least");
        }
        return texts;
    }

    private static List<Integer> gold(Template template, Mode.GoldIs is, List<String> texts, Row row) {
        List<Integer> places = new ArrayList<>();
        for (String written : template.list(row)) {
            String gold = written.strip();
            List<Integer> here =
                    switch (is) {
                        case INDEX -> List.of(gold.matches("\\d{1,3}") ? Integer.parseInt(gold) : -1);
                        case LETTER -> // several letters: any of them is right
                                gold.chars().mapToObj(letter -> Character.toUpperCase(letter) - 'A').toList();
                        case TEXT -> List.of(texts.indexOf(written));
                    };
            if (here.isEmpty() || here.stream().anyMatch(place -> place < 0 || place >= texts.size())) {
                throw new EvaluationException(
                        row.where()
                                + " has the gold answer \""
                                + written
                                + "\", which is not among its "
                                + texts.size()
                                + " choices"
                                + (is == Mode.GoldIs.TEXT
                                        ? ""
                                        : is == Mode.GoldIs.LETTER ? " by letter" : " by place, from 0 on"));
            }
            places.addAll(here);
        }
        return places;
    }

    /// Description and worked examples.
    private String before(Row row, int index) {
        StringBuilder text = new StringBuilder(task.description().map(each -> each.render(row)).orElse(""));
        Shots shots = task.shots();
        if (shots.count() == 0) {
            return text.toString();
        }
        List<Row> examples = examples(row, index);
        for (Row example : examples) {
            text.append(example(example)).append(shots.separator());
        }
        return text.toString();
    }

    private List<Row> examples(Row row, int index) {
        Shots shots = task.shots();
        List<Row> found;
        if (!shots.examples().isEmpty()) {
            found = shots.examples();
        } else if (shots.source().isPresent()) {
            DataSource source = shots.source().get();
            found =
                    shotRows.computeIfAbsent(
                            source.patterns(row),
                            _ -> source.read(folder, row).stream().map(this::withFields).toList());
        } else {
            found = new ArrayList<>(rows.subList(0, Math.min(rows.size(), shots.count() + 1)));
            if (index < found.size()) {
                found.remove(index);
            }
        }
        if (found.size() < shots.count()) {
            throw new EvaluationException(
                    row.where() + " wants " + shots.count() + " examples before it, and there are " + found.size());
        }
        return found.subList(0, shots.count());
    }

    private String example(Row example) {
        String prompt =
                task.mode() instanceof Mode.Contexts contexts
                        ? goldContext(contexts, example)
                        : task.shots().prompt().orElse(task.prompt()).render(example);
        return prompt
                + task.delimiter()
                + task.shots().answer().map(each -> each.render(example)).orElseGet(() -> answer(example));
    }

    private static String goldContext(Mode.Contexts contexts, Row example) {
        List<String> texts = choices(contexts.contexts(), example);
        return texts.get(gold(contexts.gold(), Mode.GoldIs.INDEX, texts, example).getFirst());
    }

    private String answer(Row example) {
        return switch (task.mode()) {
            case Mode.Choice choice -> {
                List<String> texts = choices(choice.choices(), example);
                yield texts.get(gold(choice.gold(), choice.goldIs(), texts, example).getFirst());
            }
            case Mode.Contexts contexts -> contexts.continuation().render(example);
            case Mode.LogLikelihood likelihood -> likelihood.continuation().render(example);
            case Mode.Perplexity perplexity -> perplexity.text().render(example);
            case Mode.Generation generation -> {
                List<String> references = references(generation, example);
                if (references.isEmpty()) {
                    throw new EvaluationException("shots.answer is missing: the task has no references to show");
                }
                yield references.getFirst();
            }
        };
    }

    private static String hash(Question question) {
        MessageDigest digest = sha256();
        switch (question) {
            case Question.Choices choices -> {
                choices.pairs().forEach(pair -> update(digest, pair));
                choices.unconditional().forEach(pair -> update(digest, pair));
            }
            case Question.Likelihood likelihood -> update(digest, likelihood.pair());
            case Question.Whole whole -> update(digest, whole.text());
            case Question.Prompt prompt -> {
                update(digest, prompt.system());
                prompt.turns().forEach(turn -> update(digest, turn));
            }
        }
        return "sha256:" + HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, Pair pair) {
        update(digest, pair.context());
        update(digest, pair.continuation());
    }

    private static void update(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII)); // so that no two lists look alike
        digest.update(bytes);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
