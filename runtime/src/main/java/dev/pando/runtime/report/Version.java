package dev.pando.runtime.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// What is running: asked for first in every report of a fault.
public final class Version {
    private Version() {}

    private static final Properties BUILD = build();

    /// `0.1.0 (3f2a91c)`: the version, and the commit that it was built from; `changed` if the sources were not those
    /// of the commit, no commit if they did not lie in a clone.
    public static String pando() {
        String commit = BUILD.getProperty("git.commit.id.abbrev", "");
        String changed = BUILD.getProperty("git.dirty", "false").equals("true") ? ", changed" : "";
        return BUILD.getProperty("git.build.version", "unknown")
                + (commit.isEmpty() ? "" : " (" + commit + changed + ")");
    }

    private static Properties build() {
        Properties build = new Properties();
        try (InputStream file = Version.class.getResourceAsStream("/dev/pando/runtime/build.properties")) {
            if (file != null) {
                build.load(file);
            }
            return build;
        } catch (IOException unread) {
            throw new UncheckedIOException(unread);
        }
    }

    /// `pando 0.1.0 (3f2a91c), Java 25.0.1 (Eclipse Adoptium), Linux amd64`
    public static String line() {
        return "pando "
                + pando()
                + ", Java "
                + Runtime.version().toString().replaceAll("\\+.*", "")
                + " ("
                + System.getProperty("java.vendor")
                + "), "
                + System.getProperty("os.name")
                + " "
                + System.getProperty("os.arch");
    }
}
