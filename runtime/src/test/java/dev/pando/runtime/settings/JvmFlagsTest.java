package dev.pando.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

/// That a JVM without a flag is refused is what `OutsideProjectTest` in `examples` shows, in such a JVM.
class JvmFlagsTest {
    @Test
    void shouldAcceptTheFlagsOfTheBuild() {
        assertThatCode(JvmFlags::check).doesNotThrowAnyException();
    }

    @Test
    void shouldNameOnlyWhatIsMissing() {
        assertThat(JvmFlags.missing(true, true)).isEmpty();
        assertThat(JvmFlags.missing(false, true)).containsExactly("--add-modules jdk.incubator.vector");
        assertThat(JvmFlags.missing(true, false))
                .containsExactly("--add-opens java.base/jdk.internal.misc=ALL-UNNAMED");
    }
}
