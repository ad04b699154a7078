package dev.pando.runtime.cluster;

import com.typesafe.config.Config;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;

/// Opens the key stores of a node before its actor system does, which would go on without them, hearing no other node
/// and saying so in its log alone.
final class Keys {
    private static final String ARTERY = "pekko.remote.artery.";
    private static final String ENGINE = ARTERY + "ssl.config-ssl-engine.";

    private Keys() {}

    /// @param system config of the actor system, resolved
    static void check(Config system) {
        if (!system.getString(ARTERY + "transport").equals("tls-tcp")
                || !system.getString(ARTERY + "ssl.ssl-engine-provider").endsWith(".ConfigSSLEngineProvider")) {
            return;
        }
        check(system, "key-store");
        check(system, "trust-store");
    }

    private static void check(Config system, String key) {
        String file = system.getString(ENGINE + key);
        try (InputStream stream = Files.newInputStream(Path.of(file))) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(stream, system.getString(ENGINE + key + "-password").toCharArray());
            if (key.equals("key-store")) {
                for (String alias : java.util.Collections.list(store.aliases())) {
                    store.getKey(alias, system.getString(ENGINE + "key-password").toCharArray());
                }
            }
        } catch (NoSuchFileException missing) {
            throw refused(key, file, "there is no such file", missing);
        } catch (IOException | GeneralSecurityException unreadable) {
            throw refused(key, file, unreadable.getMessage(), unreadable);
        }
    }

    private static UserError refused(String key, String file, String reason, Exception cause) {
        return new UserError(
                "pando.grove.system." + ENGINE + key + ": " + file + " cannot be opened: " + reason, cause);
    }
}
