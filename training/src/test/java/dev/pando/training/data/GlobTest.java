package dev.pando.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    **               | a/b.java             | true
                    *.java           | B.java               | true
                    *.java           | a/deep/B.java        | true
                    *.java           | a/B.javac            | false
                    ./*.java         | B.java               | true
                    ./*.java         | a/B.java             | false
                    /src/*.c         | src/x.c              | true
                    src/*.c          | src/x.c              | true
                    src/*.c          | src/y/x.c            | false
                    src/**/*.c       | src/x.c              | true
                    src/**/*.c       | src/y/z/x.c          | true
                    src/**/*.c       | other/src/x.c        | false
                    **/target/**     | target/x             | true
                    **/target/**     | a/target/b/x         | true
                    **/target/**     | a/my-target/x        | false
                    **/.*/**         | .git/config          | true
                    **/.*/**         | a/.idea/x/y          | true
                    **/.*/**         | .gitignore           | false
                    runs/**          | runs/1/steps.jsonl   | true
                    runs/**          | a/runs/1             | false
                    docs/            | docs/a/b.md          | true
                    *.{md,txt}       | a.txt                | true
                    *.{md,txt}       | a.mdx                | false
                    a?[0-9].x        | ab7.x                | true
                    a?[!0-9].x       | ab7.x                | false
                    a?[!0-9].x       | a//.x                | false
                    file (1)+.txt    | file (1)+.txt        | true
                    a\\*b            | a*b                  | true
                    a\\*b            | axb                  | false
                    """)
    void shouldMatchAsGitIgnoreWould(String glob, String file, boolean matches) {
        assertThat(new Glob(glob).matches(file)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    **/target/**     | target               | true
                    **/target/**     | a/target             | true
                    **/.*/**         | a/.git               | true
                    docs/            | docs                 | true
                    vendor           | a/vendor             | true
                    src/**/*.c       | src                  | false
                    **               | anything             | true
                    """)
    void shouldKnowWhichDirectoriesNeedNotBeEntered(String glob, String directory, boolean matches) {
        assertThat(new Glob(glob).matchesAllOf(directory)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    [a               | has a [ or { that is not closed, or closed twice
                    {a,b             | has a [ or { that is not closed, or closed twice
                    a}               | has a [ or { that is not closed, or closed twice
                    ' '              | is empty
                    """)
    void shouldSayWhatIsWrongWithAPattern(String glob, String fault) {
        assertThat(Glob.fault(glob)).isEqualTo(fault);
    }
}
