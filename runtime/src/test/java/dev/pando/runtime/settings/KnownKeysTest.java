package dev.pando.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class KnownKeysTest {
    private static final ConfigObject REFERENCE = Reference.pando().root();

    @Property(tries = 300)
    void shouldSuggestTheKeyWhenTwoNeighbouringLettersAreSwapped(
            @ForAll("keys") String path, @ForAll @IntRange(max = 30) int at) {
        String key = path.substring(path.lastIndexOf('.') + 1);
        int swap = Math.min(at, key.length() - 2);
        String typo = key.substring(0, swap) + key.charAt(swap + 1) + key.charAt(swap) + key.substring(swap + 2);
        String group = path.substring(0, path.lastIndexOf('.') + 1);
        if (KnownKeys.distance(typo, key) == 0 || REFERENCE.toConfig().hasPathOrNull(group + typo)) {
            return;
        }

        var written = ConfigFactory.parseString(group + typo + " = 1").root();

        assertThatThrownBy(() -> new KnownKeys(REFERENCE, Set.of()).check(written))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("there is no key " + group + typo + ";")
                .hasMessageMatching("(?s).*did you mean " + group.replace(".", "\\.") + "[a-z0-9-]+\\?");
    }

    @Property
    void shouldMeasureTheSameDistanceBothWays(@ForAll("words") String a, @ForAll("words") String b) {
        assertThat(KnownKeys.distance(a, b))
                .isEqualTo(KnownKeys.distance(b, a))
                .isLessThanOrEqualTo(Math.max(a.length(), b.length()));
    }

    @Test
    void shouldLeaveOpenGroupsAlone() {
        var written = ConfigFactory.parseString("pando.system.pekko.anything.at.all = 1").root();

        new KnownKeys(REFERENCE, Set.of("pando.system")).check(written);

        assertThatThrownBy(() -> new KnownKeys(REFERENCE, Set.of()).check(written)).isInstanceOf(UserError.class);
    }

    @Provide
    Arbitrary<String> keys() {
        List<String> paths = new ArrayList<>();
        collect(REFERENCE.toConfig().getObject("pando.job"), "pando.job", paths);
        return Arbitraries.of(paths);
    }

    @Provide
    Arbitrary<String> words() {
        return Arbitraries.strings().withChars("abc-_").ofMaxLength(8);
    }

    private static void collect(ConfigObject group, String path, List<String> paths) {
        group.forEach((key, value) -> {
            paths.add(path + "." + key);
            if (value instanceof ConfigObject inner) {
                collect(inner, path + "." + key, paths);
            }
        });
    }
}
