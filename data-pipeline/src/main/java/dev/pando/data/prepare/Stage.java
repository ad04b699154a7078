package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigRenderOptions;
import dev.pando.data.code.RepositoryOrder;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.data.near.NearDuplicates;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import dev.pando.data.step.BlockedDomains;
import dev.pando.data.step.BlockedWords;
import dev.pando.data.step.Decontamination;
import dev.pando.data.step.LanguageStep;
import dev.pando.data.step.LengthStep;
import dev.pando.data.step.LicenseStep;
import dev.pando.data.step.LongTextStep;
import dev.pando.data.step.MaskStep;
import dev.pando.data.step.RulesStep;
import dev.pando.data.step.ScoreStep;
import dev.pando.data.step.Step;
import dev.pando.training.data.Digest;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/// A step as the preparation runs it: a task a shard, after a look at all shards where it needs one.
interface Stage {
    /// What this step does, as a digest: equal digests and equal shards give equal output.
    String key();

    /// Whether what becomes of a document depends on all others, so that the digest of all shards belongs to the key.
    boolean global();

    /// Looks at all shards, if need be.
    ///
    /// @param scratch where it may write meanwhile
    Task begin(List<Shard> shards, Path scratch, int workers);

    /// The work on one shard.
    @FunctionalInterface
    interface Task {
        /// @param shard number of the shard
        /// @param documents null at the end
        void run(int shard, Supplier<ObjectNode> documents, TaskFiles out);
    }

    static Stage of(StepSpec spec) {
        return switch (spec.kind()) {
            case "language" -> new EachDocument(spec, new LanguageStep(spec));
            case "rules" -> new EachDocument(spec, new RulesStep(spec));
            case "blocked-domains" -> new EachDocument(spec, new BlockedDomains(spec));
            case "blocked-words" -> new EachDocument(spec, new BlockedWords(spec));
            case "mask" -> new EachDocument(spec, new MaskStep(spec));
            case "decontaminate" -> new EachDocument(spec, new Decontamination(spec));
            case "score" -> new EachDocument(spec, new ScoreStep(spec));
            case "length" -> new EachDocument(spec, new LengthStep(spec));
            case "long-text" -> new EachDocument(spec, new LongTextStep(spec));
            case "license" -> new EachDocument(spec, new LicenseStep(spec));
            case "exact" -> new ExactDuplicates(key(spec, ""));
            case "near" -> new NearStage(spec);
            case "order" -> new OrderStage(key(spec, ""));
            default -> throw new PipelineException(spec.where() + ": there is no step " + spec.kind());
        };
    }

    /// Digest of a step's keys and of what it reads beside them.
    private static String key(StepSpec spec, String resources) {
        ConfigRenderOptions plain = ConfigRenderOptions.concise();
        return new Digest("step 1").add(spec.kind()).add(spec.config().root().render(plain)).add(resources).hex();
    }

    /// A step that looks at one document at a time.
    record EachDocument(StepSpec spec, Step step) implements Stage {
        @Override
        public String key() {
            return Stage.key(spec, step.resources());
        }

        @Override
        public boolean global() {
            return false;
        }

        @Override
        public Task begin(List<Shard> shards, Path scratch, int workers) {
            return (_, documents, out) -> {
                for (ObjectNode document = documents.get(); document != null; document = documents.get()) {
                    long before = Tally.bytes(document);
                    Optional<Reason> reason = step.look(document);
                    if (reason.isPresent()) {
                        out.remove(document, reason.get());
                    } else {
                        out.keep(document, before);
                    }
                }
            };
        }
    }

    /// Near-duplicates, the newest kept.
    record NearStage(StepSpec spec) implements Stage {
        @Override
        public String key() {
            return Stage.key(spec, "");
        }

        @Override
        public boolean global() {
            return true;
        }

        @Override
        public Task begin(List<Shard> shards, Path scratch, int workers) {
            double threshold = spec.number("threshold");
            if (!(threshold > 0 && threshold <= 1)) {
                throw spec.wrong("threshold", "must be above 0 and at most 1, not " + threshold);
            }
            NearDuplicates.Found found =
                    new NearDuplicates(threshold, workers, new Troubles())
                            .find(shards.stream().map(Shard::file).toList(), scratch);
            return (shard, documents, out) -> {
                int number = found.first(shard);
                for (ObjectNode document = documents.get(); document != null; document = documents.get()) {
                    int at = number++;
                    long before = Tally.bytes(document);
                    Optional<JsonNode> kept = found.keptFor(at);
                    if (kept.isPresent()) {
                        document.set("kept", kept.get());
                        document.put("jaccard", found.jaccard(at));
                        out.remove(document, new Reason("like a kept one", found.jaccard(at), threshold));
                    } else {
                        out.keep(document, before);
                    }
                }
            };
        }
    }

    /// Makes one document of a repository's files, in the order of their imports; other documents pass.
    record OrderStage(String key) implements Stage {
        private static final int LARGEST = 16 << 20; // characters of one document

        @Override
        public boolean global() {
            return false;
        }

        @Override
        public Task begin(List<Shard> shards, Path scratch, int workers) {
            return (_, documents, out) -> {
                SortedMap<String, String> texts = new TreeMap<>();
                ObjectNode first = null;
                long bytes = 0;
                for (ObjectNode document = documents.get(); document != null; document = documents.get()) {
                    String repository = document.path("repository").asText("");
                    if (first != null && !first.path("repository").asText().equals(repository)) {
                        join(first, texts, bytes, out);
                        first = null;
                        texts.clear();
                        bytes = 0;
                    }
                    if (repository.isEmpty()) {
                        out.keep(document, Tally.bytes(document));
                    } else {
                        first = first == null ? document : first;
                        bytes += Tally.bytes(document);
                        texts.put(document.path("path").asText(), document.path("text").asText());
                    }
                }
                if (first != null) {
                    join(first, texts, bytes, out);
                }
            };
        }

        private static void join(ObjectNode first, SortedMap<String, String> texts, long bytes, TaskFiles out) {
            String repository = first.path("repository").asText();
            SortedMap<String, Integer> languages = new TreeMap<>();
            texts.keySet()
                    .forEach(path ->
                            RepositoryOrder.language(path).ifPresent(name -> languages.merge(name, 1, Integer::sum)));
            String language = "?";
            for (var one : languages.entrySet()) {
                language = one.getValue() > languages.getOrDefault(language, 0) ? one.getKey() : language;
            }
            int part = 0;
            for (String text : new RepositoryOrder(repository, texts).markdown(LARGEST)) {
                ObjectNode document = document(first, language, texts.size());
                document.put("id", part == 0 ? repository : repository + "#" + (part + 1)).put("text", text);
                out.join(document, part == 0 ? bytes : 0, part == 0 ? texts.size() : 0);
                part++;
            }
        }

        private static ObjectNode document(ObjectNode first, String language, int files) {
            ObjectNode document = JsonLines.object();
            document.put("id", "").put("source", first.path("source").asText()).put("kind", "code");
            document.put("language", language).put("repository", first.path("repository").asText());
            if (first.has("license")) {
                document.set("license", first.path("license"));
            }
            return document.put("files", files);
        }
    }
}
