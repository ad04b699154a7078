package dev.pando.data.code;

import java.util.Set;

/// Finds which files of a repository a file imports: one implementation a language, made for one repository.
interface Imports {
    /// Paths of the imported files, in any order; never the file itself.
    Set<String> of(Source source);
}
