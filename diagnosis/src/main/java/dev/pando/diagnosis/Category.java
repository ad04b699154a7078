package dev.pando.diagnosis;

import java.util.Locale;

/// Side on which a failure's cause lies, as Acme's table 3 groups its reasons (Hu et al., NSDI'24).
public enum Category {
    INFRASTRUCTURE,
    FRAMEWORK,
    SCRIPT,
    OTHER;

    /// Name in JSON.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
