package dev.pando.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CoverageTest {
    private static final Pattern STATE =
            Pattern.compile(
                    "(?:new Phase|new AwaitingReady|new AwaitingWriter|NamedBehavior\\.named)\\(\\s*\"([^\"]+)\"");
    private static final Path SOURCES = Path.of("../actors/src/main/java/dev/pando/actors");

    /// If this fails, an actor has got or lost a state: mend the list, and see that the simulation enters it.
    @Test
    void shouldKnowEveryStateThatAnActorNames() throws IOException {
        Set<String> named = new TreeSet<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                STATE.matcher(Files.readString(file)).results().forEach(match -> named.add(match.group(1)));
            }
        }

        named.addAll(Set.of("serving", Moves.STOPPED)); // which have no name there
        assertThat(Moves.states().stream().map(state -> state.replaceAll(".*: ", "")).distinct())
                .containsExactlyInAnyOrderElementsOf(named);
    }
}
