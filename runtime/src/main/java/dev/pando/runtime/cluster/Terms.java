package dev.pando.runtime.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.runtime.report.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;

/// What a member says of itself and its grove to a node that would join: all that must be equal, or must differ.
///
/// @param where address of its actor system
/// @param grove unique among all groves
/// @param version of Pando
/// @param folders in which its jobs may read and write, absolute
/// @param names of all members, and `host:port` of their control ports
public record Terms(String where, String grove, String version, List<String> folders, Map<String, String> names) {
    static final String GROVE = "grove";

    public Terms {
        grove = grove == null ? "" : grove;
        version = version == null ? "another version" : version;
        folders = folders == null ? List.of() : List.copyOf(folders);
        names = names == null ? Map.of() : new TreeMap<>(names);
    }

    /// Of a member.
    public static Terms of(ActorSystem<?> system, NodeSettings settings, String grove) {
        Map<String, String> names = new TreeMap<>();
        Cluster cluster = Cluster.get(system);
        cluster.state().getMembers().forEach(member -> names.put(NodeSettings.name(member), Others.address(member)));
        return new Terms(
                cluster.selfMember().address().toString(), grove, Version.pando(), settings.grounds().shown(), names);
    }

    /// As a member answers.
    ///
    /// @param node `host:port` of its control port
    /// @throws ControlClient.Unanswered where it does not
    static Terms ask(String node, int patienceMs) {
        JsonNode[] said = new JsonNode[1];
        ControlClient.ask(
                node,
                ControlProtocol.ask("where"),
                patienceMs,
                answer -> {
                    said[0] = answer;
                    return false;
                });
        if (said[0] == null || !said[0].has("where")) {
            throw ControlClient.Unanswered.silent(node);
        }
        return ControlProtocol.read(said[0], Terms.class);
    }

    /// Why a node with those settings cannot be of this grove, as a sentence for people.
    ///
    /// @param own `host:port` of that node
    Optional<String> objection(NodeSettings settings, String own) {
        String there = "the grove of " + String.join(", ", names.values());
        if (!version.equals(Version.pando())) {
            return Optional.of(
                    there
                            + " runs Pando "
                            + version
                            + ", and this node "
                            + Version.pando()
                            + ": all nodes of a grove run one version");
        }
        List<String> missing = new ArrayList<>(folders);
        missing.removeIf(settings.grounds()::allow);
        if (!missing.isEmpty()) {
            return Optional.of(
                    there
                            + " lets its jobs use "
                            + String.join(", ", missing)
                            + ", and this node only "
                            + String.join(", ", settings.grounds().shown())
                            + ": start it in the same folder, or with the same pando.grove.folders");
        }
        String namesake = names.getOrDefault(settings.name(), own);
        if (!namesake.equals(own) && lives(namesake)) {
            return Optional.of(
                    there
                            + " has a node named "
                            + settings.name()
                            + " already, at "
                            + namesake
                            + "; give this one another --name");
        }
        return Optional.empty();
    }

    private static boolean lives(String node) {
        try {
            ask(node, Arrival.ANSWER_MS);
            return true;
        } catch (ControlClient.Unanswered ended) {
            return false;
        }
    }
}
