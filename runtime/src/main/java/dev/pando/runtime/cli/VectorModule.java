package dev.pando.runtime.cli;

import java.lang.reflect.InvocationTargetException;

/// Loads the module of the Vector API where the JVM was started without it.
///
/// The JVM warns on stderr of an incubating module that `--add-modules` names, and no flag prevents that. It does not
/// warn of one that is loaded later. Such a JVM needs `-XX:+UnlockExperimentalVMOptions -XX:+EnableVectorSupport`,
/// which `--add-modules` implies, and `--add-exports java.base/jdk.internal.module=ALL-UNNAMED`.
final class VectorModule {
    private static final String NAME = "jdk.incubator.vector";

    private VectorModule() {}

    /// Must come before the first class that computes. Does nothing where the flags are missing, as they are for
    /// commands that only ask and show.
    static void load() {
        if (ModuleLayer.boot().findModule(NAME).isPresent()) {
            return;
        }
        try {
            Class.forName("jdk.internal.module.Modules").getMethod("loadModule", String.class).invoke(null, NAME);
        } catch (IllegalAccessException notExported) {
            // this JVM was not started to compute
        } catch (ClassNotFoundException | NoSuchMethodException | InvocationTargetException failed) {
            throw new IllegalStateException(
                    "the module " + NAME + " cannot be loaded into this JVM; start it with --add-modules " + NAME,
                    failed);
        }
    }
}
