package dev.pando.chaos.simulation.planted;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Loads the actors and the simulator once more, with bugs in them; all else is as everywhere.
final class PatchedLoader extends ClassLoader {
    private static final List<String> OURS = List.of("dev.pando.actors.", "dev.pando.chaos.");

    private final List<Patch> patches;
    private final Set<Patch> idle;

    PatchedLoader(List<Patch> patches) {
        super(PatchedLoader.class.getClassLoader());
        this.patches = patches;
        this.idle = new HashSet<>(patches);
    }

    /// Patches of classes that were never loaded.
    Set<Patch> idle() {
        return idle;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (OURS.stream().noneMatch(name::startsWith) || name.equals(PlantedBugs.Hunter.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (stream == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = stream.readAllBytes();
            for (Patch patch : patches) {
                if (patch.isOf(name)) {
                    bytes = patch.apply(bytes);
                    idle.remove(patch);
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException failed) {
            throw new UncheckedIOException("reading " + name, failed);
        }
    }
}
