package dev.pando.runtime.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/// Sends what the parts log to the run's folder, so that the terminal belongs to the person in front of it.
///
/// Only the command line does this: in another program logging is that program's affair.
final class Logs {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5level %thread %logger{24}: %msg%n";

    private Logs() {}

    /// Until a run has a folder, only what it says itself is heard.
    static void silence() {
        root().ifPresent(Logger::detachAndStopAllAppenders);
    }

    static void toFile(Path file) {
        root().ifPresent(root -> send(root, file));
    }

    private static void send(Logger root, Path file) {
        LoggerContext context = root.getLoggerContext();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        FileAppender<ILoggingEvent> appender = new FileAppender<>();
        appender.setContext(context);
        appender.setFile(file.toString());
        appender.setEncoder(encoder);
        appender.start();
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
        root.setLevel(Level.INFO);
    }

    /// Empty where another logger than ours is at work, or ours is still being set up by another thread.
    private static Optional<Logger> root() {
        return Optional.of(LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME))
                .filter(Logger.class::isInstance)
                .map(Logger.class::cast);
    }
}
