package dev.pando.data.recipe;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import dev.pando.data.document.PipelineException;
import dev.pando.data.read.Budget;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// A corpus as a person writes it down: where documents come from, the steps they pass, and what is made of the rest.
///
/// @param name of the corpus
/// @param out folder of its results
/// @param store folder of the steps' outputs
/// @param steps in order
public record Recipe(
        String name, Path out, Path store, Budget budget, List<Source> sources, List<StepSpec> steps, Output output) {
    private static final String ROOT = "pando.data";

    public Recipe {
        sources = List.copyOf(sources);
        steps = List.copyOf(steps);
    }

    /// Where documents come from.
    ///
    /// @param kind `documents`, every file by what it is; `repositories`, every path a tree or an archive of sources
    /// @param language of documents that do not say theirs; empty if not known
    public record Source(
            String name, List<String> paths, List<String> files, List<String> exclude, Kind kind, String language) {
        public enum Kind {
            DOCUMENTS,
            REPOSITORIES
        }
    }

    /// One step.
    ///
    /// @param label its number and kind, such as `3-near`; how results and reports call it
    /// @param config its keys, defaults included
    /// @param where the recipe names it, for errors
    public record StepSpec(String label, String kind, Config config, String where) {
        public PipelineException wrong(String key, String sentence) {
            return new PipelineException(where + ": " + kind + "." + key + " " + sentence);
        }

        public double number(String key) {
            return Recipe.read(where, kind + "." + key, () -> config.getDouble(key));
        }

        public int count(String key) {
            return Recipe.read(where, kind + "." + key, () -> config.getInt(key));
        }

        public String text(String key) {
            return Recipe.read(where, kind + "." + key, () -> config.getString(key));
        }

        public boolean is(String key) {
            return Recipe.read(where, kind + "." + key, () -> config.getBoolean(key));
        }

        public List<String> list(String key) {
            return Recipe.read(where, kind + "." + key, () -> config.getStringList(key));
        }

        public List<Long> numbers(String key) {
            return Recipe.read(where, kind + "." + key, () -> config.getLongList(key));
        }

        public List<Path> files(String key) {
            return list(key).stream().map(Path::of).toList();
        }
    }

    /// What is made of the documents that are left.
    ///
    /// @param tokens whether token shards are written
    /// @param tokenizer a `tokenizer.json` or its folder; empty: one is trained
    /// @param vocabulary of a tokenizer that is trained
    /// @param by fields that part the shards
    public record Output(boolean tokens, String tokenizer, int vocabulary, List<String> by) {}

    /// Reads a recipe and checks every key of it.
    public static Recipe load(Path file) {
        if (!file.toFile().isFile()) {
            throw new PipelineException(file + " is no file: name a recipe, such as examples/data/text.conf");
        }
        Config reference = ConfigFactory.defaultReference(Recipe.class.getClassLoader()).getConfig(ROOT);
        try {
            Config written = ConfigFactory.parseFile(file.toFile()).resolve();
            for (String key : new TreeSet<>(written.root().keySet())) {
                if (!key.equals("pando")) {
                    throw unknown(written.getValue(key), key, Set.of("pando.data"));
                }
            }
            if (!written.hasPath(ROOT + ".corpus")) {
                throw new PipelineException(file + ": there is no " + ROOT + ".corpus: a recipe says it");
            }
            Config given = written.getConfig(ROOT);
            check(given, reference, ROOT, "corpus", "rules", "source", "steps");
            Config all = given.withFallback(reference);
            return new Reading(all, written.getConfig(ROOT + ".corpus"), reference, file).recipe();
        } catch (ConfigException e) {
            throw new PipelineException(file + ": " + e.getMessage(), e);
        }
    }

    private record Reading(Config all, Config written, Config reference, Path file) {
        Recipe recipe() {
            check(written, reference.getConfig("corpus"), ROOT + ".corpus", "sources", "steps", "output");
            Config corpus = all.getConfig("corpus");
            if (corpus.hasPath("output")) {
                check(corpus.getConfig("output"), reference.getConfig("corpus.output"), ROOT + ".corpus.output");
            }
            String name = string(corpus, "name");
            if (!name.matches("[\\w.-]+")) {
                throw new PipelineException(
                        file + ": corpus.name must be letters, digits, . _ and -, not \"" + name + "\"");
            }
            String out = string(corpus, "out");
            Path folder = Path.of(out.isEmpty() ? "runs/data/" + name : out);
            String store = string(corpus, "store");
            Budget budget =
                    read(
                            file.toString(),
                            "corpus.budget",
                            () -> new Budget(corpus.getInt("budget.nodes"), corpus.getInt("budget.bytes")));
            return new Recipe(
                    name,
                    folder,
                    store.isEmpty() ? folder.resolve("store") : Path.of(store),
                    budget,
                    sources(corpus),
                    steps(corpus),
                    output(corpus.getConfig("output")));
        }

        private List<Source> sources(Config corpus) {
            List<Source> sources = new ArrayList<>();
            Set<String> names = new HashSet<>();
            for (Config one : objects(corpus, "sources")) {
                String where = where(one);
                check(one, reference.getConfig("source"), "a source");
                Config source = one.withFallback(all.getConfig("source"));
                String name = string(source, "name");
                if (!name.matches("[\\w.-]+") || !names.add(name)) {
                    throw new PipelineException(
                            where + ": a source needs a name that no other has, of letters, digits, . _ and -");
                }
                List<String> paths = strings(source, "paths");
                if (paths.isEmpty()) {
                    throw new PipelineException(where + ": source " + name + " needs paths: files or folders");
                }
                String kind = string(source, "kind");
                if (!kind.equals("documents") && !kind.equals("repositories")) {
                    throw new PipelineException(
                            where + ": kind of source " + name + " must be documents or repositories, not " + kind);
                }
                sources.add(
                        new Source(
                                name,
                                paths,
                                strings(source, "files"),
                                strings(source, "exclude"),
                                kind.equals("documents") ? Source.Kind.DOCUMENTS : Source.Kind.REPOSITORIES,
                                string(source, "language")));
            }
            if (sources.isEmpty()) {
                throw new PipelineException(file + ": corpus.sources must name at least one source");
            }
            return sources;
        }

        private List<StepSpec> steps(Config corpus) {
            List<StepSpec> steps = new ArrayList<>();
            Config kinds = reference.getConfig("steps");
            for (Config one : objects(corpus, "steps")) {
                String where = where(one);
                if (!one.hasPath("do")) {
                    throw new PipelineException(where + ": a step needs the key do: one of " + names(kinds));
                }
                String kind = string(one, "do");
                if (!kinds.root().containsKey(kind)) {
                    throw new PipelineException(where + ": there is no step " + kind + "; there are " + names(kinds));
                }
                Config known = kinds.getConfig(kind);
                if (kind.equals("rules")) {
                    known = known.withFallback(reference.getConfig("rules"));
                }
                check(one.withoutPath("do"), known, "step " + kind);
                Config defaults = all.getConfig("steps." + kind);
                steps.add(
                        new StepSpec(
                                steps.size() + 1 + "-" + kind,
                                kind,
                                (kind.equals("rules")
                                                ? one.withoutPath("do").withFallback(all.getConfig("rules"))
                                                : one.withoutPath("do"))
                                        .withFallback(defaults),
                                where));
            }
            return steps;
        }

        private Output output(Config output) {
            return new Output(
                    read(file.toString(), "corpus.output.tokens", () -> output.getBoolean("tokens")),
                    string(output, "tokenizer"),
                    read(file.toString(), "corpus.output.vocabulary", () -> output.getInt("vocabulary")),
                    strings(output, "by"));
        }

        private List<? extends Config> objects(Config corpus, String key) {
            return read(file.toString(), "corpus." + key, () -> corpus.getConfigList(key));
        }

        private String string(Config config, String key) {
            return read(file.toString(), key, () -> config.getString(key));
        }

        private List<String> strings(Config config, String key) {
            return read(file.toString(), key, () -> config.getStringList(key));
        }
    }

    private interface Read<T> {
        T get();
    }

    private static <T> T read(String where, String key, Read<T> read) {
        try {
            return read.get();
        } catch (ConfigException.WrongType | ConfigException.Missing | ConfigException.BadValue e) {
            throw new PipelineException(where + ": " + key + " is not what it must be: " + e.getMessage(), e);
        }
    }

    private static String where(Config config) {
        return config.origin().description();
    }

    private static String names(Config config) {
        return String.join(", ", new TreeSet<>(config.root().keySet()));
    }

    /// @param open groups whose keys are checked elsewhere
    private static void check(Config given, Config known, String group, String... open) {
        for (String key : new TreeSet<>(given.root().keySet())) {
            ConfigValue there = known.root().get(key);
            if (there == null && !known.root().containsKey(key)) {
                throw unknown(given.root().get(key), group + ": " + key, known.root().keySet());
            }
            if (there instanceof ConfigObject inner
                    && given.root().get(key) instanceof ConfigObject object
                    && !List.of(open).contains(key)) {
                check(object.toConfig(), inner.toConfig(), group + "." + key);
            }
        }
    }

    private static PipelineException unknown(ConfigValue value, String key, Set<String> known) {
        return new PipelineException(
                value.origin().description()
                        + ": there is no key "
                        + key
                        + "; there are "
                        + String.join(", ", new TreeSet<>(known)));
    }
}
