package dev.pando.chaos.simulation;

import org.slf4j.LoggerFactory;

/// Keeps actors that fail a thousand times a second from telling the log: what they do is in the chronicle.
final class Quiet {
    private Quiet() {}

    static void make() {
        for (String name : new String[] {"dev.pando.actors", "org.apache.pekko"}) {
            if (LoggerFactory.getLogger(name) instanceof ch.qos.logback.classic.Logger logger) {
                logger.setLevel(ch.qos.logback.classic.Level.OFF);
            }
        }
    }
}
