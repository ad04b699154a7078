package dev.pando.runtime.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.checkpoint.storage.S3Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Where the jobs of a grove may read and write, so that a job that comes over the network reaches the folders and
/// buckets that the grove's settings name, and no others.
///
/// A folder that a job names is followed through links before it is compared.
public final class Grounds {
    private static final String KEY = "folders";

    private final List<String> allowed;

    private Grounds(List<String> allowed) {
        this.allowed = List.copyOf(allowed);
    }

    /// @param grove the group `pando.grove`
    public static Grounds of(Config grove) {
        try {
            List<String> folders = grove.getStringList(KEY);
            for (String folder : folders) {
                Path _ = S3Location.isOne(folder) ? Path.of("") : Path.of(folder);
            }
            return new Grounds(folders);
        } catch (ConfigException.WrongType | InvalidPathException wrong) {
            throw new UserError(
                    "pando.grove." + KEY + " must be a list of folders, not " + grove.getValue(KEY).render(), wrong);
        }
    }

    /// The group `pando.grove` of nodes that work for one job: its places are added to what they allow.
    public static Config with(Config grove, Settings job) {
        List<String> places = new ArrayList<>(grove.getStringList(KEY));
        JobPaths.of(job.anywhere().config()).forEach(named -> places.add(fixed(named)));
        return grove.withValue(KEY, ConfigValueFactory.fromIterable(places));
    }

    /// Reads a job that was sent, as [Settings#render()] writes it. Nothing in it is included or substituted.
    ///
    /// @throws UserError where it is not one, leaves out what to train on, or names a place that is not allowed
    public Settings job(String sent) {
        Settings job = Settings.of(JobConfig.sent(sent).whole());
        JobPaths.of(job.config()).forEach(this::check);
        return job;
    }

    /// Whether jobs may use all of a place.
    public boolean allow(String place) {
        return allowed.stream().anyMatch(ground -> holds(ground, place));
    }

    /// All places that jobs may use, absolute.
    public List<String> shown() {
        return allowed.stream().map(Grounds::shown).toList();
    }

    private void check(JobPaths.Named named) {
        String key = "pando.job." + named.key();
        if (!S3Location.isOne(named.place()) && !isPlain(named.place())) {
            throw new UserError(
                    key
                            + " names "
                            + named.place()
                            + ": the paths of a job that is sent to a grove are absolute and without \"..\";"
                            + " `pando submit` makes them so");
        }
        if (!allow(fixed(named))) {
            throw new UserError(
                    key
                            + " names "
                            + named.place()
                            + ", which is outside of what this grove's jobs may use, "
                            + String.join(", ", shown())
                            + "; start its nodes with that place in pando.grove."
                            + KEY);
        }
    }

    private static boolean isPlain(String place) {
        try {
            Path path = Path.of(place);
            return path.isAbsolute() && path.normalize().equals(path);
        } catch (InvalidPathException none) {
            return false;
        }
    }

    /// The directories before the first part of a glob; any other place as it is.
    private static String fixed(JobPaths.Named named) {
        int glob = named.key().equals(JobPaths.TEXTS) ? firstOf("*?[{", named.place()) : -1;
        return glob < 0 ? named.place() : named.place().substring(0, named.place().lastIndexOf('/', glob) + 1);
    }

    private static int firstOf(String characters, String text) {
        return IntStream.range(0, text.length())
                .filter(i -> characters.indexOf(text.charAt(i)) >= 0)
                .findFirst()
                .orElse(-1);
    }

    private static boolean holds(String ground, String place) {
        if (S3Location.isOne(place) || S3Location.isOne(ground)) {
            return place.equals(ground) || place.startsWith(ground.endsWith("/") ? ground : ground + "/");
        }
        return real(Path.of(place)).startsWith(real(Path.of(ground)));
    }

    /// With links followed as far as it exists.
    private static Path real(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            for (Path there : Stream.iterate(absolute, Objects::nonNull, Path::getParent).toList()) {
                if (Files.exists(there) || Files.isSymbolicLink(there)) {
                    return there.toRealPath().resolve(there.relativize(absolute)).normalize();
                }
            }
        } catch (IOException dangling) {
            throw new UserError(path + " cannot be followed to where it leads", dangling);
        }
        return absolute;
    }

    private static String shown(String ground) {
        return S3Location.isOne(ground) ? ground : Path.of(ground).toAbsolutePath().normalize().toString();
    }
}
