package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class LogFloodTest {
    private double seconds;
    private final LoggerContext context = new LoggerContext();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @Test
    void shouldWriteSoManyLinesOfALoggerAndThenHowManyThereWere() {
        context.addTurboFilter(new LogFlood(() -> (long) (seconds * 1e9)));
        log.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(log);
        Logger flooded = context.getLogger("port");

        for (int i = 0; i < LogFlood.MOST_LINES + 50; i++) {
            flooded.warn("frame {} is malformed", i);
        }
        context.getLogger("other").warn("is heard");
        assertThat(log.list).hasSize(LogFlood.MOST_LINES + 1);

        seconds = LogFlood.SECONDS + 1;
        flooded.warn("and again");

        assertThat(log.list.stream().map(ILoggingEvent::getFormattedMessage).toList())
                .endsWith("is heard", "50 lines of port were left out here", "and again");
    }
}
