package dev.pando.runtime.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.checkpoint.storage.S3Location;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The places that a job's config names, whichever key names them: folders, files, globs and buckets.
///
/// They are made absolute where a job is submitted, and are compared with a grove's [Grounds] where it is taken in.
final class JobPaths {
    static final String OUT = "out";
    static final String TEXTS = "data.paths";
    static final String PREPARED = "data.prepared";

    /// All keys of `pando.job` that hold a place. A test compares them with the reference.
    static final List<String> KEYS =
            List.of(OUT, TEXTS, PREPARED, "data.tokenizer.file", "checkpoint.folder", "start.model", "start.run");

    /// @param key within `pando.job`
    /// @param place as it is written, never empty
    record Named(String key, String place) {}

    private JobPaths() {}

    /// All places that a job names, in the order of the keys.
    ///
    /// @param job the group `pando.job` with every key
    static List<Named> of(Config job) {
        List<Named> named = new ArrayList<>();
        for (String key : KEYS) {
            for (String place : key.equals(TEXTS) ? job.getStringList(key) : List.of(job.getString(key))) {
                if (!place.isEmpty()) {
                    named.add(new Named(key, place));
                }
            }
        }
        return named;
    }

    /// The same job with places that no longer depend on the working directory.
    static Config absolute(Config job) {
        Config absolute = job;
        for (String key : KEYS) {
            Object place =
                    key.equals(TEXTS)
                            ? job.getStringList(key).stream().map(JobPaths::absolute).toList()
                            : absolute(job.getString(key));
            absolute = absolute.withValue(key, ConfigValueFactory.fromAnyRef(place).withOrigin(origin(job, key)));
        }
        return absolute;
    }

    private static ConfigOrigin origin(Config job, String key) {
        return job.getValue(key).origin();
    }

    private static String absolute(String place) {
        return place.isEmpty() || S3Location.isOne(place)
                ? place
                : Path.of(place).toAbsolutePath().normalize().toString();
    }
}
