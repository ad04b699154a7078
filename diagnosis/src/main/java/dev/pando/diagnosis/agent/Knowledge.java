package dev.pando.diagnosis.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.DiagnosisException;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.rule.RuleSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a site has learned: incidents whose cause is known, rules that were written from them, and a journal of who
/// wrote which.
///
/// In a folder these are `incidents.jsonl`, `rules.conf` (of the shape that `--rules` takes, to be read and changed by
/// people) and `journal.jsonl`. Without a folder it lives in memory.
public final class Knowledge {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Optional<Path> folder;
    private final List<Incident> incidents = new ArrayList<>();
    private Config rules = ConfigFactory.empty();
    private long entries;

    private Knowledge(Optional<Path> folder) {
        this.folder = folder;
    }

    /// Nothing yet, and kept nowhere.
    public static Knowledge inMemory() {
        return new Knowledge(Optional.empty());
    }

    /// What a folder holds; it is made with the first incident.
    public static Knowledge of(Path folder) {
        Knowledge knowledge = new Knowledge(Optional.of(folder));
        try {
            Path kept = folder.resolve("incidents.jsonl");
            if (Files.exists(kept)) {
                int number = 0;
                for (String line : Files.readAllLines(kept)) {
                    knowledge.incidents.add(incident(line, kept, ++number));
                }
            }
            Path written = folder.resolve("rules.conf");
            if (Files.exists(written)) {
                knowledge.rules = ConfigFactory.parseFile(written.toFile());
            }
            Path journal = folder.resolve("journal.jsonl");
            knowledge.entries = Files.exists(journal) ? Files.readAllLines(journal).size() : 0;
            return knowledge;
        } catch (IOException e) {
            throw new DiagnosisException("cannot read the knowledge in " + folder + ": " + e.getMessage(), e);
        } catch (ConfigException e) {
            throw new DiagnosisException(
                    "the rules " + folder.resolve("rules.conf") + " are not as they must be: " + e.getMessage(), e);
        }
    }

    /// In the order in which they were learned.
    public List<Incident> incidents() {
        return List.copyOf(incidents);
    }

    /// Those rules with the learned ones over them.
    public RuleSet over(RuleSet known) {
        return rules.isEmpty() ? known : known.with(rules);
    }

    /// Keeps an incident.
    void keep(Incident incident) {
        incidents.add(incident);
        folder.ifPresent(place -> append(place.resolve("incidents.jsonl"), json(incident)));
        journal(
                "incident",
                incident.id(),
                incident.author(),
                incident.reason().label() + ", " + incident.action().label());
    }

    /// Lets a rule in.
    void enter(String id, Config rule, String author) {
        rules = rule.withFallback(rules);
        folder.ifPresent(this::writeRules);
        journal("rule entered", id, author, "");
    }

    /// Notes why a rule stayed out.
    void refuse(String id, String author, String why) {
        journal("rule refused", id, author, why);
    }

    private void journal(String what, String id, String author, String why) {
        ObjectNode entry = JSON.createObjectNode();
        entry.put("number", ++entries).put("what", what).put("id", id).put("author", author).put("why", why);
        folder.ifPresent(place -> append(place.resolve("journal.jsonl"), write(entry)));
    }

    private void writeRules(Path place) {
        Path whole = place.resolve("rules.conf");
        Path part = place.resolve("rules.conf.part");
        try {
            Files.createDirectories(place);
            Files.writeString(
                    part,
                    "# Learned rules. Keys are explained in Pando's rules.conf; `enabled = false` turns one off.\n"
                            + rules.root()
                                    .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false)));
            Files.move(part, whole, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new DiagnosisException("cannot write the learned rules " + whole + ": " + e.getMessage(), e);
        }
    }

    private static void append(Path file, String line) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new DiagnosisException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    private static String json(Incident incident) {
        ObjectNode object = JSON.createObjectNode();
        object.put("id", incident.id());
        object.put("reason", incident.reason().label());
        object.put("action", incident.action().label());
        object.put("author", incident.author());
        object.put("root", incident.root());
        ArrayNode lines = object.putArray("lines");
        for (int i = 0; i < incident.lines().size(); i++) {
            lines.addObject().put("text", incident.lines().get(i)).put("alarming", incident.alarming().get(i));
        }
        return write(object);
    }

    private static Incident incident(String line, Path file, int number) {
        try {
            JsonNode object = JSON.readTree(line);
            List<String> lines = new ArrayList<>();
            List<Boolean> alarming = new ArrayList<>();
            for (JsonNode one : object.path("lines")) {
                lines.add(one.path("text").asText());
                alarming.add(one.path("alarming").asBoolean());
            }
            return new Incident(
                    object.path("id").asText(),
                    Reason.of(object.path("reason").asText()).orElseThrow(),
                    Action.of(object.path("action").asText()).orElseThrow(),
                    object.path("root").asText(),
                    lines,
                    alarming,
                    object.path("author").asText());
        } catch (JsonProcessingException | java.util.NoSuchElementException e) {
            throw new DiagnosisException(
                    file + ", line " + number + ": this is no incident; delete the line or mend it", e);
        }
    }

    private static String write(ObjectNode object) {
        try {
            return JSON.writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
