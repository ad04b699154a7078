package dev.pando.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Keeps reference.conf honest: what it lists is explained, and is read.
class ReferenceTest {
    private final Config reference = Reference.pando();

    @Test
    void shouldExplainEveryKey() {
        Set<String> silent = new TreeSet<>();

        walk(
                reference.getObject("pando"),
                "pando",
                (path, value) -> {
                    boolean explained =
                            value.origin().comments().stream().anyMatch(comment -> comment.strip().endsWith("."));
                    if (!explained) {
                        silent.add(path);
                    }
                });

        assertThat(silent).as("keys without a sentence above them").isEmpty();
    }

    @Test
    void shouldReadEveryKeyOfAJob() {
        Set<String> keys = new TreeSet<>();
        walk(reference.getObject("pando.job"), "pando.job", (path, value) -> keys.add(path));

        Set<String> read = new HashSet<>();
        Settings.read(reference, read);

        assertThat(new TreeSet<>(read)).isEqualTo(keys);
    }

    private interface Visitor {
        void leaf(String path, ConfigValue value);
    }

    private static void walk(ConfigObject group, String path, Visitor visitor) {
        group.forEach((key, value) -> {
            if (value instanceof ConfigObject inner) {
                walk(inner, path + "." + key, visitor);
            } else {
                visitor.leaf(path + "." + key, value);
            }
        });
    }
}
