import Testing
import Workspace

private let keys = ConfigurationKey.standard(compressionLevel: 3, workers: 8)

private func remotes(shared: String, local: String? = nil) throws(ConfigurationError) -> [RemoteSetting] {
    try Configuration.load(
        shared: Array(shared.utf8), local: local.map { Array($0.utf8) }, environment: [:], keys: keys
    ).remotes
}

private func message(_ shared: String) -> String? {
    do throws(ConfigurationError) {
        _ = try remotes(shared: shared)
        return nil
    } catch {
        return error.description
    }
}

private func edited(_ remote: RemoteSetting?, _ name: String, in text: String) throws(ConfigurationError) -> String {
    String(decoding: try Configuration.setting(remote, named: name, in: Array(text.utf8), of: .shared), as: UTF8.self)
}

@Suite("The remotes of the settings")
struct RemoteSettingTests {
    @Test("a remote is a path, or a section with a path and whether it is the default")
    func forms() throws {
        let found = try remotes(
            shared: "remotes:\n  store: ../shared\n  backup: {url: /mnt/b, default: true}\ngc:\n  grace: 30d\n")
        #expect(
            found == [
                RemoteSetting(name: "store", url: "../shared"),
                RemoteSetting(name: "backup", url: "/mnt/b", isDefault: true),
            ])
    }

    @Test("this machine's settings move a remote, add one, and choose the default")
    func local() throws {
        let found = try remotes(
            shared: "remotes:\n  store: {url: ../shared, default: true}\n  other: /o\n",
            local: "remotes:\n  store: /fast/disk\n  mine: {url: /m, default: true}\n")
        #expect(found.map(\.name) == ["store", "other", "mine"])
        #expect(found.map(\.url) == ["/fast/disk", "/o", "/m"])
        #expect(found.map(\.isDefault) == [false, false, true])
        #expect(found.map(\.source) == [.local, .shared, .local])
    }

    @Test(
        "what cannot be is told with its place",
        arguments: [
            ("remotes: store\n", "vintage.yaml:1:10: 'remotes' must be a section of names, each with a path or a URL"),
            (
                "remotes:\n  2nd: /x\n",
                "vintage.yaml:2:3: 'remotes' must be names of letters, digits, - and _, not '2nd'"
            ),
            (
                "remotes:\n  s:\n    ulr: /x\n",
                "vintage.yaml:3:5: unknown key 'remotes.s.ulr'; did you mean 'remotes.s.url'?"
            ),
            (
                "remotes:\n  s:\n    url: [a]\n",
                "vintage.yaml:3:10: 'remotes.s.url' must be a path or a URL, not a list"
            ),
            ("remotes:\n  s:\n    default: true\n", "'remotes.s' must be a path or a URL, not a section without 'url'"),
            (
                "remotes:\n  s: {url: /x, default: perhaps}\n",
                "'remotes.s.default' must be true or false, not 'perhaps'"
            ),
            ("remots:\n  s: /x\n", "vintage.yaml:1:1: unknown key 'remots'; did you mean 'remotes'?"),
        ])
    func mistakes(text: String, expected: String) {
        let found = message(text) ?? "nothing"
        #expect(found.contains(expected), "\(found)")
    }

    @Test("a remote is added, changed and removed, and the rest of the file stays as it is")
    func editing() throws {
        let start = "# ours\ngc:\n  grace: 30d  # long\n"
        let one = try edited(RemoteSetting(name: "store", url: "../shared"), "store", in: start)
        #expect(one == start + "remotes:\n  store: ../shared\n")
        let backup = RemoteSetting(name: "b", url: "/mnt/b", isDefault: true)
        let two = try edited(backup, "b", in: one + "core:\n  workers: 2\n")
        #expect(two == one + "  b:\n    url: /mnt/b\n    default: true\ncore:\n  workers: 2\n")
        let three = try edited(RemoteSetting(name: "b", url: "/mnt/c"), "b", in: two)
        #expect(three == one + "  b: /mnt/c\ncore:\n  workers: 2\n")
        let four = try edited(nil, "store", in: three)
        #expect(four == start + "remotes:\n  b: /mnt/c\ncore:\n  workers: 2\n")
        #expect(try edited(nil, "b", in: four) == start + "core:\n  workers: 2\n")
    }

    @Test("any text comes back as the place it was written as")
    func oddTexts() throws {
        let texts = [
            "a b", "../ünï", "\"q\"", "back\\slash", "yes", "5", "x: y", "# no comment", "s3://bucket/x?y=1", " edge ",
        ]
        for url in texts {
            let text = try edited(RemoteSetting(name: "r", url: url), "r", in: "")
            #expect(try remotes(shared: text).map(\.url) == [url], "\(text)")
        }
    }

    @Test("what is written in a way that cannot be changed safely is left alone")
    func braces() throws {
        let text = "remotes: {store: /x}\n"
        #expect(throws: ConfigurationError.cannotEdit(key: "remotes.store", .shared)) {
            try edited(RemoteSetting(name: "store", url: "/y"), "store", in: text)
        }
    }

    @Test("an edit of any file says what the old file said, but for the one remote", arguments: 0..<200)
    func randomEdits(seed: Int) throws {
        var generator = SplitMix(seed: UInt64(seed))
        var text = Bool.random(using: &generator) ? "gc:\n  grace: 30d\n" : ""
        var expected: [RemoteSetting] = []
        for _ in 0..<12 {
            let name = "r\(Int.random(in: 0..<4, using: &generator))"
            let isRemoval = Int.random(in: 0..<3, using: &generator) == 0
            let setting = RemoteSetting(
                name: name, url: "/p/\(Int.random(in: 0..<9, using: &generator))",
                isDefault: Bool.random(using: &generator))
            text = try edited(isRemoval ? nil : setting, name, in: text)
            if let index = expected.firstIndex(where: { $0.name == name }) {
                if isRemoval { expected.remove(at: index) } else { expected[index] = setting }
            } else if !isRemoval {
                expected.append(setting)
            }
            #expect(try Configuration.remotes(shared: Array(text.utf8)) == expected)
        }
    }
}
