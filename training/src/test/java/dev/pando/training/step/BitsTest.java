package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.training.ops.CpuOps;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Says when the bits have moved. A change that moves them on purpose has the new hashes here and in the changelog,
/// with the reason.
class BitsTest {
    private static final Map<String, String> HASHES =
            Map.of(
                    "cpu with vectors of 16 floats",
                    "sha256:e7790591882e9b7042de0f9e1ea51084f322532d970ba9c861afc8d8ab9cbfce",
                    "cpu with vectors of 8 floats",
                    "sha256:07be21a3cb1219e19628439f5af751dcab7806ae1130e6ab25737bf2ab71f85b");

    @Test
    void shouldEndWithTheBitsOfTheCommitsBefore() {
        String kind = CpuOps.kind();
        assumeTrue(HASHES.containsKey(kind), "no hash is known of a " + kind);

        assertThat(Jobs.plainHash(2, false, 3)).isEqualTo(HASHES.get(kind));
    }
}
