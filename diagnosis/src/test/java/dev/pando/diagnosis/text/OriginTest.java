package dev.pando.diagnosis.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OriginTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gpu-7:100:200 [3] NCCL WARN x | gpu-7 | 3",
                "[rank12]: KeyError: 'x' | '' | 12",
                "[default5]:Traceback | '' | 5",
                "[Rank 4] Watchdog caught | '' | 4",
                "(Worker pid=71, ip=10.0.0.8) lost | 10.0.0.8 | ''",
                "Jul 3 11:20:41 gpu-17 kernel: NVRM | gpu-17 | ''",
                "[1,9]<stderr>:oops | '' | 9",
                "RuntimeError: nothing said | '' | ''"
            })
    void shouldReadWhoWroteALine(String line, String node, String rank) {
        assertThat(Origin.of(line)).isEqualTo(new Origin(node, rank));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[2024-01-02 00:00:01,500] a | [2024-01-02 00:00:03,000] b | 1.5",
                "Jan 2 00:00:00 h x | Jan 2 01:00:00 h x | 3600",
                "[E102 00:00:00.25] x | [E102 00:00:01.75] y | 1.5",
                "2024-01-02T00:00:00Z a | 2024-01-03T00:00:00Z b | 86400"
            })
    void shouldMeasureTheTimeBetweenLines(String first, String second, double seconds) {
        assertThat(Stamp.seconds(second) - Stamp.seconds(first)).isEqualTo(seconds);
    }
}
