package dev.pando.chaos.simulation.planted;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/// Loads the actors and the simulator anew, with bugs in them; all else is as everywhere.
final class PatchedLoader extends ClassLoader {
    private static final List<String> OURS = List.of("dev.pando.actors.", "dev.pando.chaos.");

    private final List<Patch> patches;

    PatchedLoader(List<Patch> patches) {
        super(PatchedLoader.class.getClassLoader());
        this.patches = patches;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (OURS.stream().noneMatch(name::startsWith)) {
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
                if (name.equals("dev.pando.actors." + patch.type())) {
                    bytes = patch.apply(bytes);
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException failed) {
            throw new UncheckedIOException("reading " + name, failed);
        }
    }
}
