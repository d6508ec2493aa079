import FileSystem
import Foundation
import Testing
import Workspace

@Suite("Ignore rules")
struct IgnoreRulesTests {
    /// Patterns, a path (a folder if it ends in `/`), and whether it is ignored by its own match.
    private static let cases: [(patterns: String, path: String, isIgnored: Bool)] = [
        ("", "a", false),
        ("# a comment", "# a comment", false),
        ("\\#a", "#a", true),
        (#"\!a"#, "!a", true),
        ("a  ", "a", true),
        (#"a\ "#, "a ", true),
        (#"a\ "#, "a", false),
        (#"a\  "#, "a ", true),
        ("a\t", "a", false),
        ("a\r\nb\r\n", "a", true),
        ("\u{feff}a", "a", true),
        ("a", "x/y/a", true),
        ("a", "x/y/a/", true),
        ("a", "ab", false),
        ("/a", "a", true),
        ("/a", "x/a", false),
        ("a/", "a", false),
        ("a/", "x/a/", true),
        ("x/a", "x/a", true),
        ("x/a", "y/x/a", false),
        ("/", "a", false),
        ("!", "!", false),
        ("*.csv", "x/a.csv", true),
        ("*.csv", ".csv", true),
        ("*.csv", "a.csv.gz", false),
        ("data*", "data-1", true),
        ("*", "anything", true),
        ("x/*", "x/a", true),
        ("x/*", "x/a/b", false),
        ("x/*.c", "x/.c", true),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("x?a", "x/a", false),
        ("[a-c]1", "b1", true),
        ("[a-c]1", "d1", false),
        ("[!a-c]1", "d1", true),
        ("[^a-c]1", "b1", false),
        ("[]-]", "]", true),
        ("[]-]", "-", true),
        ("[a-]", "-", true),
        (#"[\]]"#, "]", true),
        ("[[:digit:]]x", "7x", true),
        ("[[:digit:]]x", "ax", false),
        ("[![:space:]]", "\t", false),
        ("[[:space:]]", "\u{b}", false),
        ("[[:nonsense:]]", "n", false),
        ("[a", "[a", false),
        (#"a\"#, #"a\"#, false),
        ("x[/]a", "x/a", false),
        ("**/a", "a", true),
        ("**/a", "x/y/a", true),
        ("**/x/a", "y/x/a", true),
        ("x/**", "x/y/z", true),
        ("x/**", "x/", false),
        ("x/**/a", "x/a", true),
        ("x/**/a", "x/y/z/a", true),
        ("x/**/a", "xa", false),
        ("x/**/*.c", "x/y/b.c", true),
        ("a**b", "axxb", true),
        ("x**/a", "xy/z/a", true),
        ("x/y**z", "x/ya/z", false),
        ("***/a", "x/a", true),
        ("*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ("*.tmp\n!keep.tmp", "keep.tmp", false),
        ("!keep.tmp\n*.tmp", "keep.tmp", true),
        ("größe", "größe", true),
        ("gr?ße", "größe", false),
        ("gr??ße", "größe", true),
    ]

    @Test("patterns mean what gitignore's mean", arguments: cases)
    func handPicked(patterns: String, path: String, isIgnored: Bool) throws {
        let rules = IgnoreRules(parsing: Array(patterns.utf8), at: .root)
        let isDirectory = path.hasSuffix("/")
        let bytes = Array(isDirectory ? path.dropLast().utf8 : path.dropLast(0).utf8)
        #expect(rules.isIgnored(try RelativePath(bytes: bytes), isDirectory: isDirectory) == isIgnored)
        let folder = try ScratchFolder()
        try folder.git("init", "-q")
        try folder.write(patterns, to: ".gitignore")
        let file = folder.url.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: isDirectory ? file : file.deletingLastPathComponent(), withIntermediateDirectories: true)
        if !isDirectory { try Data().write(to: file) }
        // What git says of the path includes the folders above it.
        let excludes = rules.excludes(try RelativePath(bytes: bytes), isDirectory: isDirectory)
        #expect(try folder.pathsThatGitIgnores(among: [bytes]) == (excludes ? [bytes] : []))
    }

    @Test("rules apply below their folder only, and win over those above")
    func nesting() throws {
        let rules = IgnoreRules(parsing: Array("*.tmp\n/top\n".utf8), at: .root)
            .adding(parsing: Array("!a.tmp\n/raw\nx/y\n".utf8), at: try RelativePath("data"))
        func isIgnored(_ path: String) throws -> Bool { rules.isIgnored(try RelativePath(path), isDirectory: false) }
        #expect(try isIgnored("a.tmp") && isIgnored("data/b.tmp") && !isIgnored("data/a.tmp"))
        #expect(try !isIgnored("data/sub/a.tmp") && isIgnored("database/a.tmp"))
        #expect(try isIgnored("top") && !isIgnored("data/top"))
        #expect(try isIgnored("data/raw") && !isIgnored("raw") && !isIgnored("data/sub/raw"))
        #expect(try isIgnored("data/x/y") && !isIgnored("x/y"))
    }

    @Test("what lies in an ignored folder cannot be included again")
    func excludedFolder() throws {
        let rules = IgnoreRules(parsing: Array("cache/\n!cache/keep\n".utf8), at: .root)
        let path = try RelativePath("cache/keep")
        #expect(!rules.isIgnored(path, isDirectory: false))
        #expect(rules.excludes(path, isDirectory: false))
    }

    @Test("without patterns nothing is ignored")
    func empty() throws {
        let rules = IgnoreRules(parsing: Array("\n# nothing\n[unclosed\n".utf8), at: .root)
        #expect(rules.isEmpty && IgnoreRules.none.isEmpty)
        #expect(!rules.isIgnored(.root, isDirectory: true))
        #expect(!IgnoreRules(parsing: Array("*".utf8), at: .root).isIgnored(.root, isDirectory: true))
    }

    @Test("random patterns in nested files give git's verdict on every path", arguments: 0..<60)
    func againstGit(seed: Int) throws {
        var random = RandomRules(seed: UInt64(seed))
        let folder = try ScratchFolder()
        try folder.git("init", "-q")
        let tree = random.tree()
        for entry in tree {
            let url = folder.url.appendingPathComponent(entry.path)
            if entry.isDirectory {
                try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            } else {
                try Data().write(to: url)
            }
        }
        var rules = IgnoreRules.none
        var texts: [String: String] = [:]
        // Folders come before their content, as a walker meets them.
        for place in [""] + tree.filter(\.isDirectory).map(\.path) where place.isEmpty || random.chance(of: 3) {
            let text = random.patterns()
            try folder.write(text, to: place.isEmpty ? ".gitignore" : place + "/.gitignore")
            rules = rules.adding(parsing: Array(text.utf8), at: try RelativePath(place))
            texts[place] = text
        }
        let ignored = try Set(folder.pathsThatGitIgnores(among: tree.map { Array($0.path.utf8) }))
        for entry in tree {
            let path = try RelativePath(entry.path)
            let excludes = rules.excludes(path, isDirectory: entry.isDirectory)
            #expect(excludes == ignored.contains(path.bytes), "\(path) with \(texts)")
            let own = rules.isIgnored(path, isDirectory: entry.isDirectory)
            let ofEntry = Array(path.name).withUnsafeBufferPointer {
                rules.isIgnored($0, in: path.parent ?? .root, isDirectory: entry.isDirectory)
            }
            #expect(own == ofEntry)
        }
    }
}

/// Trees and patterns over a small alphabet, so that they meet.
private struct RandomRules {
    private var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(seed: seed) }

    mutating func chance(of count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &generator)! }

    /// Folders and files, each folder before its content.
    mutating func tree() -> [(path: String, isDirectory: Bool)] {
        let names = [
            "a", "b", "ab", "ba", "aab", "a.b", "b.a", " a", "a ", "#a", "!b", "[a]", "a-b", "-", "é", "A1", #"a\b"#,
        ]
        var entries: [(path: String, isDirectory: Bool)] = []
        func fill(_ folder: String, depth: Int, with generator: inout SplitMix) {
            for name in names.shuffled(using: &generator).prefix(depth == 0 ? 9 : 5) {
                let isDirectory = depth < 3 && Int.random(in: 0..<5, using: &generator) < 2
                entries.append((folder + name, isDirectory))
                if isDirectory { fill(folder + name + "/", depth: depth + 1, with: &generator) }
            }
        }
        fill("", depth: 0, with: &generator)
        return entries
    }

    mutating func patterns() -> String {
        let count = Int.random(in: 1...5, using: &generator)
        return (0..<count).map { _ in pattern() }.joined(separator: "\n") + (chance(of: 2) ? "\n" : "")
    }

    private mutating func pattern() -> String {
        let atoms = [
            "a", "a", "b", "ab", ".", "-", "é", "A", " ", "#", "!", "*", "*", "**", "?", "/", "/", "**/", "/**",
            "/**/", "[ab]", "[!a]", "[^b-]", "[a-c]", "[[:alpha:]]", "[![:punct:]]", "[]a]", #"\a"#, #"\*"#, #"\ "#,
            #"\["#, "[", "]", #"\/"#, #"\"#, "[a/]", "[b-a]", #"[\]a]"#, "***",
        ]
        var text = (0..<Int.random(in: 1...5, using: &generator)).map { _ in pick(atoms) }.joined()
        if chance(of: 6) { text = "!" + text }
        if chance(of: 6) { text = "/" + text }
        if chance(of: 6) { text += "/" }
        if chance(of: 10) { text += " " }
        return text
    }
}

extension ScratchFolder {
    /// The paths that `git check-ignore` reports.
    fileprivate func pathsThatGitIgnores(among paths: [[UInt8]]) throws -> [[UInt8]] {
        // It exits with 1 when no path is ignored.
        let output = try git(
            "check-ignore", "--no-index", "-z", "--stdin", input: paths.flatMap { $0 + [0] }, allowing: [0, 1])
        return output.split(separator: 0).map(Array.init)
    }
}
