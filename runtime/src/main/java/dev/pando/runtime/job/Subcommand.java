package dev.pando.runtime.job;

import dev.pando.runtime.settings.UserError;
import java.util.concurrent.Callable;

/// How other modules add to the command line without the runtime knowing them: found by [java.util.ServiceLoader].
///
/// An implementation carries picocli's `@Command` annotation with its name and may have subcommands. It returns the
/// process's exit code, writes to the streams of its [picocli.CommandLine], and throws [UserError] for what a person
/// can mend: the sentence goes to stderr, and the exit code is 1.
public interface Subcommand extends Callable<Integer> {}
