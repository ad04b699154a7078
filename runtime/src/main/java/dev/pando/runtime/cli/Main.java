package dev.pando.runtime.cli;

/// The one way in from a shell.
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        VectorModule.load();
        System.exit(Cli.standard().execute(arguments));
    }
}
