package dev.pando.runtime.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

/// Every key that there is, with its default: `pando` in the reference.conf of all modules together.
///
/// Read here and not by the library's own loader, which lays the JVM's system properties over it: a job's bits follow
/// from what its owner wrote, and from nothing else.
final class Reference {
    private static final Config PANDO =
            ConfigFactory.parseResources(Reference.class.getClassLoader(), "reference.conf")
                    .root()
                    .withOnlyKey("pando")
                    .toConfig();

    private Reference() {}

    static Config pando() {
        return PANDO;
    }
}
