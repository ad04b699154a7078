package dev.pando.diagnosis.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Oracle: the message that a reader of each line would point at; `¦` stands where it begins.
final class HeaderTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "2031-04-05 06:07:08,123 INFO [main] com.example.shop.Till: ¦opened drawer 4",
                "2031-04-05 06:07:08,123 - WARN  [Worker[id=3]/10.0.0.1:80:Loop@71] - ¦slow answer: 30",
                "31/04/05 06:07:08 INFO till.CashDrawer: ¦opened drawer 4",
                "310405 060708 148 INFO till.Cash$Drawer: ¦opened drawer 4",
                "04-05 06:07:08.123  1702  2395 D CashDrawer: ¦opened 4",
                "2031-04-05 06:07:08, Info                  TILL    ¦Opened drawer 4",
                "api.log.1.2031-04-05_06:07:08 2031-04-05 06:07:08.123 257 INFO shop.till.api [req-1 - -] ¦10.0.0.1"
                        + " GET",
                "Apr  5 06:07:08 till-7 drawerd(pam)[193]: ¦opened by (uid=0)",
                "Apr  5 06:07:08 till-7 kernel: ¦usb disconnected",
                "Apr  5 06:07:08 till-7 com.example.launchd[1] (com.example.till[9]): ¦ended early",
                "Apr  5 06:07:08 till-7 ¦--- last message repeated 2 times ---",
                "[Sun Apr 05 06:07:08 2031] [error] [client 10.0.0.1] ¦no such drawer: /d/4",
                "[04.05 06:07:08] ¦till.exe - opened",
                "20310405-06:07:08:123|Drawer_Till|3000|¦onOpen 4",
                "- 1933142828 2031.04.05 R02-M1 2031-04-05-06.07.08.123 R02-M1 RAS KERNEL INFO ¦parity corrected",
                "- 1933142828 2031.04.05 n8 Apr 5 06:07:08 n8/n8 crond(pam)[29]: ¦closed by root",
                "134681 node-24 unit.hw state.off 1933142828 1 ¦Unit changed: off",
                "[2031-04-05 06:07:08,123] [INFO] [logging.py:96:log] [Rank 0] ¦step=10, loss=3.4",
                "2031-04-05 06:07:08 INFO ¦loss: 3.2",
            })
    void shouldFindTheMessage(String marked) {
        int wanted = marked.indexOf('¦');

        assertThat(end(marked.replace("¦", ""))).isEqualTo(wanted);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "loss: 3.2",
                "iteration 10/900 | elapsed time (ms): 412.3 | started 06:07:08",
                "10.0.0.1,10.0.0.2 \"GET /a/2031-04-05/b HTTP/1.1\" status: 200",
                "RuntimeError: CUDA error: no device at 06:07:08",
                "E",
                "[",
            })
    void shouldTakeALineWithoutAHeaderForAMessage(String line) {
        assertThat(end(line)).isZero();
    }

    @Test
    void shouldTellLevelsThatAlarm() {
        Header header = new Header();
        byte[] error = "2031-04-05 06:07:08 ERROR Till: jammed".getBytes(StandardCharsets.UTF_8);
        byte[] info = "2031-04-05 06:07:08 INFO Till: jammed".getBytes(StandardCharsets.UTF_8);

        header.end(error, error.length);
        assertThat(header.isAlarming()).isTrue();
        header.end(info, info.length);
        assertThat(header.isAlarming()).isFalse();
    }

    @Test
    void shouldPartAnErrorFromAMessageOnlyWhereLevelsCount() {
        byte[] error = "2031-04-05 06:07:08 ERROR the drawer moved".getBytes(StandardCharsets.UTF_8);
        byte[] info = "2031-04-05 06:07:09 INFO the drawer moved".getBytes(StandardCharsets.UTF_8);
        Templates messages = new Templates();
        Templates levels = new Templates(true);

        assertThat(messages.form(info, info.length)).isEqualTo(messages.form(error, error.length));
        assertThat(levels.form(info, info.length)).isNotEqualTo(levels.form(error, error.length));
    }

    private static int end(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        return new Header().end(bytes, bytes.length);
    }
}
