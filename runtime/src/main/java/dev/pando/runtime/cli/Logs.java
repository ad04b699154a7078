package dev.pando.runtime.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/// Sends what the parts log to the run's folder, so that the terminal belongs to the person in front of it.
///
/// Only the command line does this: in another program logging is that program's affair.
final class Logs {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5level %thread %logger{24}: %msg%n";

    private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");
    private static final long LARGEST_LOG = 64 << 20;
    private static final int OLD_LOGS = 3;

    private Logs() {}

    /// Until a run has a folder, only what it says itself is heard.
    static void silence() {
        root().ifPresent(Logger::detachAndStopAllAppenders);
    }

    static void toFile(Path file) {
        toFile(file, "info");
    }

    /// @param level least serious that is written
    static void toFile(Path file, String level) {
        if (!LEVELS.contains(level)) {
            throw new UserError("--log-level must be one of " + String.join(", ", LEVELS) + ", not " + level);
        }
        root().ifPresent(root -> send(root, file, Level.valueOf(level)));
    }

    private static void send(Logger root, Path file, Level level) {
        LoggerContext context = root.getLoggerContext();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setContext(context);
        appender.setFile(file.toString());
        appender.setEncoder(encoder);
        roll(context, appender, file);
        appender.start();
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
        root.setLevel(level);
        context.resetTurboFilterList();
        context.addTurboFilter(new LogFlood(Stopwatch.system()));
    }

    /// A log that is full begins again; the last ones before it stay.
    private static void roll(LoggerContext context, RollingFileAppender<ILoggingEvent> appender, Path file) {
        FixedWindowRollingPolicy window = new FixedWindowRollingPolicy();
        window.setContext(context);
        window.setParent(appender);
        window.setFileNamePattern(file + ".%i");
        window.setMaxIndex(OLD_LOGS);
        window.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
        size.setContext(context);
        size.setMaxFileSize(new FileSize(LARGEST_LOG));
        size.start();
        appender.setRollingPolicy(window);
        appender.setTriggeringPolicy(size);
    }

    /// Empty where somebody has configured logging for this very process, where another logger than ours is at work, or
    /// ours is still being set up by another thread.
    private static Optional<Logger> root() {
        if (System.getProperty("logback.configurationFile") != null) {
            return Optional.empty();
        }
        return Optional.of(LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME))
                .filter(Logger.class::isInstance)
                .map(Logger.class::cast);
    }
}
