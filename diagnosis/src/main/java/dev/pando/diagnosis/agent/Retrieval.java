package dev.pando.diagnosis.agent;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Evidence;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.text.Clean;
import dev.pando.diagnosis.text.Origin;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Answers by the kept incidents that are most like a log: deterministic, and without any model.
final class Retrieval {
    private static final int NEIGHBOURS = 3;

    /// Below it two logs have little more in common than their framework.
    private static final double LEAST = 0.3;

    private static final double SUREST = 0.9;

    private final List<Incident> incidents;
    private final Vocabulary vocabulary;

    private record Neighbour(Incident incident, double similarity) {}

    Retrieval(List<Incident> incidents, Vocabulary vocabulary) {
        this.incidents = incidents;
        this.vocabulary = vocabulary;
    }

    /// The verdict of the nearest incidents, in the place of an unsure one; empty where none is near.
    Optional<Verdict> answer(List<Event> events, Verdict unsure) {
        List<Neighbour> near = near(events);
        if (near.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Double> votes = new TreeMap<>();
        double all = 0;
        for (Neighbour one : near) {
            votes.merge(key(one.incident()), one.similarity(), Double::sum);
            all += one.similarity();
        }
        Neighbour best = near.getFirst();
        for (Neighbour one : near) {
            best = votes.get(key(one.incident())) > votes.get(key(best.incident())) ? one : best;
        }
        double confidence = Math.min(SUREST, best.similarity() * votes.get(key(best.incident())) / all);
        Incident like = best.incident();
        Event root = nearest(events, like.root());
        return Optional.of(
                verdict(
                        unsure,
                        like.reason(),
                        like.action(),
                        root,
                        confidence,
                        "as in incident " + like.id() + ", \"" + Clean.cut(root.text(), 120) + "\"",
                        "incidents"));
    }

    /// The nearest incidents, the most similar first.
    List<Incident> like(List<Event> events) {
        return near(events).stream().map(Neighbour::incident).toList();
    }

    private List<Neighbour> near(List<Event> events) {
        Map<String, Double> asked =
                vocabulary.vector(
                        events.stream().map(Event::text).toList(), events.stream().map(Event::alarming).toList());
        List<Neighbour> near = new ArrayList<>();
        for (Incident incident : incidents) {
            double similarity = Vocabulary.similarity(asked, vocabulary.vector(incident.lines(), incident.alarming()));
            if (similarity >= LEAST) {
                near.add(new Neighbour(incident, similarity));
            }
        }
        near.sort(
                Comparator.comparingDouble((Neighbour one) -> -one.similarity())
                        .thenComparing(one -> one.incident().id()));
        return near.subList(0, Math.min(NEIGHBOURS, near.size()));
    }

    private static String key(Incident incident) {
        return incident.reason() + " " + incident.action();
    }

    /// The line that is most like another.
    static Event nearest(List<Event> events, String text) {
        Event best = events.getLast();
        double most = -1;
        for (Event event : events) {
            double overlap = Vocabulary.overlap(event.text(), text);
            if (overlap > most) {
                most = overlap;
                best = event;
            }
        }
        return best;
    }

    /// A verdict of the agent on the log of an unsure one.
    static Verdict verdict(
            Verdict unsure, Reason reason, Action action, Event root, double confidence, String why, String author) {
        String node = Origin.of(root.text()).name();
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(new Evidence(unsure.file(), root.line(), root.text(), "agent", 1));
        unsure.evidence().stream().filter(one -> one.line() != root.line()).limit(2).forEach(evidence::add);
        return new Verdict(
                unsure.file(),
                reason,
                action,
                node.isEmpty() ? Optional.empty() : Optional.of(node),
                unsure.since(),
                evidence,
                Math.round(confidence * 100) / 100.0,
                reason.label() + (node.isEmpty() ? "" : " on " + node) + ": " + why + "; " + action.advice() + ".",
                author);
    }
}
