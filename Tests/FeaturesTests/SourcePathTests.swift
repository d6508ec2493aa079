import Features
import FileSystem
import Testing

@Suite("Paths and patterns of sources")
struct SourcePathTests {
    static let pairs: [(String, String, Bool)] = [
        ("a/b.csv", "a/b.csv", true), ("a/b.csv", "a/c.csv", false), ("a", "a/b.csv", true), ("a/b", "a/bc", false),
        ("a/*.csv", "a/b.csv", true), ("a/*.csv", "a/b.parquet", false), ("a/*.csv", "a", true),
        ("a/*.csv", "a/b/c.csv", false), ("a/**", "a/b/c.csv", true), ("**/c.csv", "a/b/c.csv", true),
        ("b/**/c.csv", "a/c.csv", false), ("a/*x*", "a/*y*", true), ("a/x*", "a/y*", false),
        ("a/?.csv", "a/é.csv", true), ("a/?.csv", "a/bc.csv", false), ("*/b/**/d", "a/**/c/d", true),
        ("a/*b", "a/*c", false), ("a/**/b", "a/b", true),
    ]

    @Test("overlap where one file can be meant by both", arguments: pairs)
    func overlap(_ left: String, _ right: String, _ expected: Bool) throws {
        let (left, right) = (try #require(SourcePath(parsing: left)), try #require(SourcePath(parsing: right)))
        #expect(left.overlaps(right) == expected)
        #expect(right.overlaps(left) == expected)
    }

    @Test("overlap where a file of few letters is meant by both, whatever the patterns")
    func model() throws {
        var random = SplitMix(seed: 3)
        let letters = ["a", "b", "*", "?", "**"]
        func pattern() -> String {
            (0...random.next() % 2).map { _ in
                let word = (0...random.next() % 2).map { _ in letters[Int(random.next() % 4)] }.joined()
                return random.next() % 5 == 0 ? "**" : word
            }.joined(separator: "/")
        }
        var files: [String] = []
        let names = ["a", "b", "aa", "ab", "ba", "bb", "aab", "bab", "abab"]
        for first in names {
            files.append(first)
            for second in names {
                files.append("\(first)/\(second)")
                files += ["a", "b", "ab"].map { "\(first)/\(second)/\($0)" }
            }
        }
        let paths = try files.map { try RelativePath($0) }
        for _ in 0..<400 {
            let (left, right) = (
                try #require(SourcePath(parsing: pattern())), try #require(SourcePath(parsing: pattern()))
            )
            let isShared = paths.contains { left.matches($0) && right.matches($0) }
            #expect(!isShared || left.overlaps(right), "\(left.text) and \(right.text)")
        }
    }
}
