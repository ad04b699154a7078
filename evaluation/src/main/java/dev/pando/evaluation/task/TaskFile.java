package dev.pando.evaluation.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import dev.pando.evaluation.data.DataSource;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.Template;
import dev.pando.evaluation.data.TextOperation;
import dev.pando.evaluation.sandbox.Sandbox;
import dev.pando.evaluation.scoring.AnswerScorer;
import dev.pando.evaluation.scoring.CodeScorer;
import dev.pando.evaluation.scoring.JudgeScorer;
import dev.pando.evaluation.scoring.Scorers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Reads tasks from HOCON: one object a task, by its name. docs/evaluation.md explains every key.
public final class TaskFile {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private TaskFile() {}

    /// The tasks of a user's file, in its order.
    ///
    /// @throws EvaluationException naming file, line and key of the first mistake
    public static List<Task> read(Path file) {
        if (!java.nio.file.Files.isRegularFile(file)) {
            throw new EvaluationException(file + " is no file of tasks");
        }
        try {
            return tasks(ConfigFactory.parseFile(file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false)));
        } catch (ConfigException wrong) {
            throw new EvaluationException(file + " cannot be read: " + wrong.getMessage(), wrong);
        }
    }

    /// The tasks of a file that Pando brings.
    public static List<Task> bundled(String name) {
        return tasks(
                ConfigFactory.parseResources(
                        TaskFile.class,
                        "/dev/pando/evaluation/" + name,
                        ConfigParseOptions.defaults().setAllowMissing(false)));
    }

    private static List<Task> tasks(Config config) {
        Section file = new Section(config.resolve().root(), "");
        List<Task> tasks = new ArrayList<>();
        for (String name : file.keys()) {
            if (!name.matches("[a-z0-9][a-z0-9-]*")) {
                throw file.wrong(name, "is no name of a task: small letters, digits and hyphens");
            }
            Section task = file.section(name).orElseThrow(() -> file.wrong(name, "is empty"));
            tasks.add(task(task, name, definition(config.root().get(name))));
            task.close();
        }
        if (tasks.isEmpty()) {
            throw new EvaluationException(config.origin().description() + " holds no task");
        }
        return tasks;
    }

    private static String definition(com.typesafe.config.ConfigValue value) {
        return value.render(ConfigRenderOptions.concise());
    }

    private static Task task(Section keys, String name, String definition) {
        String delimiter = keys.text("delimiter", " ");
        Mode mode = mode(keys, delimiter);
        boolean promptless = mode instanceof Mode.Contexts || mode instanceof Mode.Perplexity;
        Template prompt =
                promptless
                        ? Template.of("")
                        : template(keys, "prompt").orElseGet(() -> Template.of(keys.needed("prompt")));
        return new Task(
                name,
                keys.text("title", name),
                dimension(keys),
                keys.text("about", ""),
                data(keys.section("data").orElseThrow(() -> keys.wrong("data", "is missing: it says what to read"))),
                include(keys),
                fields(keys),
                template(keys, "group"),
                template(keys, "id"),
                template(keys, "system"),
                template(keys, "description"),
                prompt,
                delimiter,
                keys.section("shots").map(TaskFile::shots).orElse(Shots.NONE),
                keys.flag("chat", false),
                mode,
                definition);
    }

    private static Dimension dimension(Section keys) {
        keys.needed("dimension");
        return keys.choice("dimension", Dimension.class, null);
    }

    private static Map<String, Template> fields(Section keys) {
        Map<String, Template> fields = new LinkedHashMap<>();
        keys.section("fields").ifPresent(inner -> inner.keys().forEach(key -> fields.put(key, needed(inner, key))));
        return fields;
    }

    private static Map<String, DataSource> include(Section keys) {
        Map<String, DataSource> include = new LinkedHashMap<>();
        keys.section("include")
                .ifPresent(inner -> inner.keys().forEach(key -> include.put(key, DataSource.texts(inner.texts(key)))));
        return include;
    }

    private static DataSource data(Section keys) {
        List<String> files = keys.texts("files");
        if (files.isEmpty()) {
            throw keys.wrong("files", "is missing: it names the files to read");
        }
        Map<String, String> where = new LinkedHashMap<>();
        keys.section("where").ifPresent(inner -> inner.keys().forEach(key -> where.put(key, inner.needed(key))));
        Map<String, String> beside = new LinkedHashMap<>();
        keys.section("beside").ifPresent(inner -> inner.keys().forEach(key -> beside.put(key, inner.needed(key))));
        DataSource source =
                new DataSource(
                        files,
                        keys.choice("format", DataSource.Format.class, DataSource.Format.BY_NAME),
                        keys.text("at", ""),
                        keys.flag("header", false),
                        keys.texts("columns"),
                        where,
                        keys.texts("each"),
                        beside);
        keys.close();
        return source;
    }

    private static Shots shots(Section keys) {
        List<Row> examples = new ArrayList<>();
        for (ConfigObject example : keys.objects("examples")) {
            String where = keys.path() + ".examples, example " + (examples.size() + 1);
            try {
                ObjectNode fields = (ObjectNode) JSON.readTree(definition(example));
                examples.add(new Row(fields, where));
            } catch (JsonProcessingException impossible) {
                throw new AssertionError("HOCON renders as JSON", impossible);
            }
        }
        Shots shots =
                new Shots(
                        keys.integer("count", Math.max(1, examples.size()), 0),
                        keys.section("data").map(TaskFile::data),
                        examples,
                        template(keys, "prompt"),
                        template(keys, "answer"),
                        keys.text("separator", "\n\n"));
        if (!examples.isEmpty() && shots.count() > examples.size()) {
            throw keys.wrong("count", "asks for " + shots.count() + " examples, and there are " + examples.size());
        }
        keys.close();
        return shots;
    }

    private enum Kind {
        CHOICE,
        CONTEXTS,
        LOG_LIKELIHOOD,
        PERPLEXITY,
        GENERATION
    }

    private static Mode mode(Section keys, String delimiter) {
        keys.needed("mode");
        return switch (keys.choice("mode", Kind.class, null)) {
            case CHOICE ->
                    new Mode.Choice(
                            templates(keys, "choices", true),
                            needed(keys, "gold"),
                            keys.choice("gold-is", Mode.GoldIs.class, Mode.GoldIs.INDEX),
                            delimiter,
                            keys.choice("normalise", Normalise.class, Normalise.NONE),
                            template(keys, "unconditional").orElse(Template.of("")));
            case CONTEXTS ->
                    new Mode.Contexts(
                            templates(keys, "contexts", true),
                            needed(keys, "continuation"),
                            needed(keys, "gold"),
                            delimiter);
            case LOG_LIKELIHOOD -> new Mode.LogLikelihood(needed(keys, "continuation"), delimiter);
            case PERPLEXITY -> new Mode.Perplexity(needed(keys, "text"));
            case GENERATION -> generation(keys);
        };
    }

    private static Mode generation(Section keys) {
        Section how =
                keys.section("generation").orElseGet(() -> new Section(ConfigFactory.empty().root(), "generation"));
        List<Integer> ks = new ArrayList<>();
        for (String k : how.texts("pass-at")) {
            ks.add(Integer.valueOf(k));
        }
        int samples = how.integer("samples", 1, 1);
        double temperature = how.number("temperature", samples > 1 ? 0.8 : 0);
        Mode.Generation generation =
                new Mode.Generation(
                        templates(keys, "turns", false),
                        templates(keys, "references", false),
                        how.integer("tokens", 256, 1),
                        how.texts("stops"),
                        samples,
                        temperature,
                        how.number("top-p", 1),
                        ks,
                        keys.read("post", () -> TextOperation.of(keys.texts("post"))),
                        scorer(keys));
        how.close();
        return generation;
    }

    private static AnswerScorer scorer(Section keys) {
        String name = keys.needed("scorer");
        if (name.equals("code")) {
            Section code =
                    keys.section("code").orElseThrow(() -> keys.wrong("code", "is missing: it says what to run"));
            CodeScorer scorer =
                    new CodeScorer(
                            code.choice("language", Sandbox.Language.class, Sandbox.Language.PYTHON),
                            needed(code, "program"),
                            new Sandbox.Limits(
                                    code.integer("seconds", Sandbox.Limits.USUAL.cpuSeconds(), 1),
                                    (long) code.integer("megabytes", 1024, 16) << 20));
            code.close();
            return scorer;
        }
        if (name.equals("judge")) {
            Section judge =
                    keys.section("judge").orElseThrow(() -> keys.wrong("judge", "is missing: it says what to ask"));
            JudgeScorer scorer =
                    new JudgeScorer(
                            needed(judge, "prompt"),
                            judge.read("verdict", () -> pattern(judge.needed("verdict"))),
                            judge.number("best", 10),
                            template(judge, "other"));
            judge.close();
            return scorer;
        }
        try {
            return Scorers.of(name);
        } catch (EvaluationException wrong) {
            throw keys.wrong("scorer", wrong.getMessage());
        }
    }

    private static Pattern pattern(String written) {
        try {
            Pattern pattern = Pattern.compile(written);
            if (pattern.matcher("").groupCount() == 1) {
                return pattern;
            }
        } catch (PatternSyntaxException wrong) {
            throw new EvaluationException(wrong.getDescription(), wrong);
        }
        throw new EvaluationException("it needs one group in parentheses, which is the verdict");
    }

    private static Template needed(Section keys, String key) {
        keys.needed(key);
        return template(keys, key).orElseThrow();
    }

    private static Optional<Template> template(Section keys, String key) {
        return keys.text(key).map(written -> parse(keys, key, written));
    }

    private static List<Template> templates(Section keys, String key, boolean needed) {
        List<Template> all = keys.texts(key).stream().map(written -> parse(keys, key, written)).toList();
        if (needed && all.isEmpty()) {
            throw keys.wrong(key, "is missing");
        }
        return all;
    }

    private static Template parse(Section keys, String key, String written) {
        return keys.read(key, () -> Template.of(written));
    }
}
