package dev.pando.training.data;

import dev.pando.training.tokenizer.BpeTrainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Which text a job trains on, and with which tokenizer: the keys of `pando.job.data`.
///
/// @param paths files, directories and globs, relative to the working directory
/// @param files globs, relative to a directory in `paths`, of files to take from it
/// @param exclude globs of files and directories to leave out, relative to a directory in `paths`
/// @param prepared folder where prepared data is kept and found again
/// @param tokenizerFile a `tokenizer.json` to use; empty to train a tokenizer on the corpus
/// @param vocabulary size of a tokenizer that is trained on the corpus
public record DataConfig(
        List<String> paths,
        List<String> files,
        List<String> exclude,
        Path prepared,
        Optional<Path> tokenizerFile,
        int vocabulary) {
    public DataConfig {
        paths = List.copyOf(paths);
        files = List.copyOf(files);
        exclude = List.copyOf(exclude);
        require(!paths.isEmpty(), "paths must name at least one file, directory or glob");
        require(
                paths.stream().noneMatch(String::isBlank),
                "paths must not hold an empty name; \".\" is the working directory");
        require(!files.isEmpty(), "files must hold at least one glob; \"**\" takes every file");
        files.forEach(glob -> check("files", glob));
        exclude.forEach(glob -> check("exclude", glob));
        require(
                tokenizerFile.isPresent()
                        || vocabulary >= BpeTrainer.LEAST_VOCABULARY && vocabulary <= BpeTrainer.MOST_VOCABULARY,
                "tokenizer.vocabulary must be between "
                        + BpeTrainer.LEAST_VOCABULARY
                        + " (256 bytes and "
                        + (BpeTrainer.LEAST_VOCABULARY - 256)
                        + " special tokens) and "
                        + BpeTrainer.MOST_VOCABULARY
                        + ", not "
                        + vocabulary);
    }

    private static void check(String key, String glob) {
        String fault = Glob.fault(glob);
        require(fault == null, key + " holds the glob \"" + glob + "\", which " + fault);
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }
}
