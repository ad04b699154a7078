package dev.pando.runtime.settings;

import java.util.ArrayList;
import java.util.List;

/// The flags without which a JVM cannot compute, looked for at the start instead of failing deep inside a library.
///
/// `docs/embedding.md` lists these and those that only make it faster or quieter.
public final class JvmFlags {
    private static final String VECTORS = "jdk.incubator.vector";
    private static final String INTERNALS = "jdk.internal.misc"; // where Agrona's buffers come from

    private JvmFlags() {}

    /// @throws UserError that names the flags this JVM was started without
    public static void check() {
        Module base = Object.class.getModule();
        List<String> missing = missing(hasVectors(), base.isOpen(INTERNALS, JvmFlags.class.getModule()));
        if (!missing.isEmpty()) {
            throw new UserError(
                    "this JVM was started without "
                            + String.join(" ", missing)
                            + "; add that to the java command or to JDK_JAVA_OPTIONS (docs/embedding.md lists all"
                            + " flags)");
        }
    }

    static List<String> missing(boolean vectors, boolean internals) {
        List<String> missing = new ArrayList<>();
        if (!vectors) {
            missing.add("--add-modules " + VECTORS);
        }
        if (!internals) {
            missing.add("--add-opens java.base/" + INTERNALS + "=ALL-UNNAMED");
        }
        return missing;
    }

    /// Also where the module was loaded after the start, as the command line does.
    private static boolean hasVectors() {
        try {
            Class.forName(VECTORS + ".FloatVector", false, JvmFlags.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }
}
