package dev.pando.runtime.cli.view;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Knows whether a person looks at what is printed, and how wide the window is.
///
/// @param out where lines go
/// @param live whether lines may be drawn over
/// @param coloured whether text may have colours and weight
public record Terminal(PrintWriter out, boolean live, boolean coloured) {
    private static final int STDOUT = 1;
    private static final long TIOCGWINSZ = 0x5413; // Linux: struct winsize { rows, columns, … } of unsigned shorts
    private static final int USUAL_WIDTH = 100;

    /// Standard output as it is.
    public static Terminal standard(PrintWriter out) {
        boolean dumb = "dumb".equals(System.getenv("TERM")) || System.getenv("TERM") == null;
        boolean live = !dumb && isTerminal();
        return new Terminal(out, live, live && !forbidsColour(System.getenv("NO_COLOR")));
    }

    /// By https://no-color.org: what it is set to does not matter, unless that is nothing.
    static boolean forbidsColour(String variable) {
        return variable != null && !variable.isEmpty();
    }

    /// Columns of the window, as it is now.
    int width() {
        return live ? Math.max(20, windowWidth()) : Integer.MAX_VALUE;
    }

    public String bold(String text) {
        return styled("1", text);
    }

    public String faint(String text) {
        return styled("2", text);
    }

    public String red(String text) {
        return styled("31", text);
    }

    public String green(String text) {
        return styled("32", text);
    }

    public String yellow(String text) {
        return styled("33", text);
    }

    private String styled(String code, String text) {
        return coloured ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    private static boolean isTerminal() {
        try {
            return (int)
                            function("isatty", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                                    .invokeExact(STDOUT)
                    == 1;
        } catch (Throwable unknown) {
            return false; // plain lines can be read anywhere
        }
    }

    private static int windowWidth() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(8, 2);
            int failed =
                    (int)
                            function(
                                            "ioctl",
                                            FunctionDescriptor.of(
                                                    ValueLayout.JAVA_INT,
                                                    ValueLayout.JAVA_INT,
                                                    ValueLayout.JAVA_LONG,
                                                    ValueLayout.ADDRESS),
                                            Linker.Option.firstVariadicArg(2))
                                    .invokeExact(STDOUT, TIOCGWINSZ, size);
            int columns = Short.toUnsignedInt(size.get(ValueLayout.JAVA_SHORT, 2));
            return failed == 0 && columns > 0 ? columns : USUAL_WIDTH;
        } catch (Throwable unknown) {
            return USUAL_WIDTH;
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
    }
}
