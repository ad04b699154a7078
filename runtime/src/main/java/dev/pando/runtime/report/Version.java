package dev.pando.runtime.report;

/// What is running: asked for first in every report of a fault.
public final class Version {
    private Version() {}

    /// Version of Pando, `development` where it was not built into a jar.
    public static String pando() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /// `pando 0.1.0, Java 25.0.1 (Eclipse Adoptium), Linux amd64`
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
