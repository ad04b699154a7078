package dev.pando.runtime.settings;

/// One sentence for the person in front that says what is wrong, where, and what to do instead.
///
/// It is a mistake in what that person wrote, unless it is made by [#failed]: then the world did not go along, and the
/// same command may work another time.
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean misuse;

    public UserError(String sentence) {
        this(sentence, null);
    }

    public UserError(String sentence, Throwable cause) {
        this(sentence, cause, true);
    }

    private UserError(String sentence, Throwable cause, boolean misuse) {
        super(sentence, cause);
        this.misuse = misuse;
    }

    public static UserError failed(String sentence) {
        return new UserError(sentence, null, false);
    }

    public static UserError failed(String sentence, Throwable cause) {
        return new UserError(sentence, cause, false);
    }

    /// Whether the command or the config cannot be as they were given: exit code 2 instead of 1.
    public static boolean isMisuse(Throwable failure) {
        return failure instanceof UserError error && error.misuse;
    }

    /// Whether that was written for a person who runs a job, too: true of all exceptions of this project, by its rules.
    public static boolean isLike(Throwable failure) {
        return failure.getMessage() != null
                && (failure instanceof UserError || failure.getClass().getName().matches("dev\\.pando\\..*Exception"));
    }
}
