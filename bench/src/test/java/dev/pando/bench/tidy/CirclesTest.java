package dev.pando.bench.tidy;

import static dev.pando.bench.tidy.House.CLASSES;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Keeps files from knowing each other in large circles: no file of such a circle can be read, tested or moved alone.
final class CirclesTest {
    private static final int LARGEST = 3;

    /// Modules that this does not hold for yet: a list that may only shrink.
    private static final Set<String> MODULES_TO_COME =
            Set.of("bench", "chaos", "collectives", "cuda", "data", "diagnosis", "evaluation", "runtime", "training");

    @Test
    void shouldHaveNoCircleOfMoreThanThreeFiles() {
        SortedMap<String, Integer> tooLarge = new TreeMap<>();
        largestCircles()
                .forEach((module, circle) -> {
                    if (circle.size() > LARGEST && !MODULES_TO_COME.contains(module)) {
                        tooLarge.put(module + " " + circle, circle.size());
                    }
                });

        assertThat(tooLarge).as("modules with circles of more than %s files", LARGEST).isEmpty();
    }

    @Test
    void shouldFindACircle() {
        SortedMap<String, SortedSet<String>> edges = new TreeMap<>();
        edges.put("A", new TreeSet<>(List.of("B")));
        edges.put("B", new TreeSet<>(List.of("C", "D")));
        edges.put("C", new TreeSet<>(List.of("A")));
        edges.put("D", new TreeSet<>());

        assertThat(circles(edges)).containsExactly(new TreeSet<>(List.of("A", "B", "C")));
    }

    private static SortedMap<String, SortedSet<String>> largestCircles() {
        SortedMap<String, SortedMap<String, SortedSet<String>>> modules = new TreeMap<>();
        for (JavaClass type : CLASSES) {
            SortedSet<String> known =
                    modules.computeIfAbsent(module(type), _ -> new TreeMap<>())
                            .computeIfAbsent(file(type), _ -> new TreeSet<>());
            type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(target -> target.getName().startsWith("dev.pando."))
                    .filter(target -> module(target).equals(module(type)))
                    .forEach(target -> known.add(file(target)));
        }
        SortedMap<String, SortedSet<String>> largest = new TreeMap<>();
        modules.forEach((module, edges) ->
                circles(edges).stream()
                        .max(Comparator.comparingInt(SortedSet::size))
                        .ifPresent(circle -> largest.put(module, circle)));
        return largest;
    }

    /// `actors` of `dev.pando.actors.job.JobSpec`.
    private static String module(JavaClass type) {
        return type.getPackageName().split("\\.", -1)[2];
    }

    /// The file that a class is in, nested ones included.
    private static String file(JavaClass type) {
        return type.getName().replaceAll("\\$.*", "");
    }

    /// Sets of files each of which reaches every other one of its set.
    private static List<SortedSet<String>> circles(SortedMap<String, SortedSet<String>> edges) {
        SortedMap<String, SortedSet<String>> reached = new TreeMap<>();
        edges.keySet().forEach(file -> reached.put(file, reachable(file, edges)));
        List<SortedSet<String>> circles = new ArrayList<>();
        SortedSet<String> seen = new TreeSet<>();
        for (String file : edges.keySet()) {
            SortedSet<String> circle = new TreeSet<>(reached.get(file));
            circle.removeIf(other -> !reached.getOrDefault(other, new TreeSet<>()).contains(file));
            if (circle.size() > 1 && seen.addAll(circle)) {
                circles.add(circle);
            }
        }
        return circles;
    }

    private static SortedSet<String> reachable(String from, SortedMap<String, SortedSet<String>> edges) {
        SortedSet<String> reached = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(from));
        while (!open.isEmpty()) {
            for (String next : edges.getOrDefault(open.remove(), new TreeSet<>())) {
                if (reached.add(next)) {
                    open.add(next);
                }
            }
        }
        return reached;
    }
}
