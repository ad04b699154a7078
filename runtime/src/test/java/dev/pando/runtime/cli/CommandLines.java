package dev.pando.runtime.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/// Commands as a shell gives them, for tests outside of this package.
public final class CommandLines {
    private CommandLines() {}

    /// What a shell sees of one command.
    public record Shown(int exit, String out, String err) {}

    public static Shown pando(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = String.valueOf(arguments[i]);
        }
        int exit = Cli.create(new PrintWriter(out), new PrintWriter(err)).execute(words);
        return new Shown(exit, out.toString(), err.toString());
    }
}
