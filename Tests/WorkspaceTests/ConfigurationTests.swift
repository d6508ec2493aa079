import Testing
import Workspace

private let keys = ConfigurationKey.standard(compressionLevel: 3, workers: 8)

private func load(
    shared: String? = nil, local: String? = nil, environment: [String: String] = [:], otherVariables: Set<String> = []
) throws(ConfigurationError) -> Configuration {
    try Configuration.load(
        shared: shared.map { Array($0.utf8) }, local: local.map { Array($0.utf8) }, environment: environment,
        keys: keys,
        otherVariables: otherVariables)
}

private func message(shared: String? = nil, environment: [String: String] = [:]) -> String? {
    do throws(ConfigurationError) {
        _ = try load(shared: shared, environment: environment)
        return nil
    } catch {
        return error.description
    }
}

@Suite("The configuration")
struct ConfigurationTests {
    @Test("without files and variables every setting is built in")
    func builtIn() throws {
        let configuration = try load(environment: ["PATH": "/bin", "XVINTAGE_GC_GRACE": "no"])
        #expect(configuration.compressionLevel == 3)
        #expect(configuration.workers == 8)
        #expect(configuration.gcGracePeriod == .days(14))
        #expect(configuration.color == .auto)
        #expect(configuration.settings.count == keys.count)
        #expect(configuration.settings.values.allSatisfy { $0.source.description == "default" })
    }

    @Test("the local file overrides the shared one, a variable both")
    func precedence() throws {
        let configuration = try load(
            shared: "compression:\n  level: 5\ngc: {grace: 30d}\nterminal:\n  color: 'never'\n",
            local: "gc:\n  grace: 2h\ncompression:\n  level: 7\n",
            environment: ["VINTAGE_COMPRESSION_LEVEL": "9"])
        #expect(configuration.compressionLevel == 9)
        #expect(configuration.gcGracePeriod.description == "2h")
        #expect(configuration.color == .never)
        #expect(configuration.workers == 8)
        let changed = configuration.settings.mapValues(\.source.description).filter { $0.value != "default" }
        #expect(
            changed == [
                "compression.level": "VINTAGE_COMPRESSION_LEVEL", "gc.grace": ".vintage/config.yaml",
                "terminal.color": "vintage.yaml",
            ])
    }

    @Test("an empty file sets nothing", arguments: ["", "\n", "# only a comment\n", "---\n", "gc:\n", "{}\n"])
    func emptyFile(text: String) throws {
        #expect(try load(shared: text).settings == load().settings)
    }

    @Test(
        "a wrong key or value is told with its place and what would be right",
        arguments: [
            ("gc:\n  grcae: 1d\n", "vintage.yaml:2:3: unknown key 'gc.grcae'; did you mean 'gc.grace'?"),
            ("\ncompresion:\n  level: 1\n", "vintage.yaml:2:1: unknown key 'compresion'; did you mean 'compression'?"),
            ("grace: 1d\n", "vintage.yaml:1:1: unknown key 'grace'; did you mean 'gc.grace'?"),
            ("zebra: 1\n", "vintage.yaml:1:1: unknown key 'zebra'; 'vintage config' lists the keys"),
            (
                "compression:\n  level: 20\n",
                "vintage.yaml:2:10: 'compression.level' must be a whole number from 1 to 19, not '20'"
            ),
            (
                "compression:\n  level: '3'\n",
                "vintage.yaml:2:10: 'compression.level' must be a whole number from 1 to 19, not quoted text"
            ),
            (
                "compression: {level: 0x3}\n",
                "vintage.yaml:1:22: 'compression.level' must be a whole number from 1 to 19, not '0x3'"
            ),
            (
                "gc:\n  grace: 14\n",
                "vintage.yaml:2:10: 'gc.grace' must be a length of time such as 14d, 12h, 30m or 90s, not '14'"
            ),
            (
                "gc:\n  grace:\n",
                "vintage.yaml:2:9: 'gc.grace' must be a length of time such as 14d, 12h, 30m or 90s, not empty"
            ),
            (
                "terminal:\n  color: [auto]\n",
                "vintage.yaml:2:10: 'terminal.color' must be one of auto, always, never, not a list"
            ),
            ("gc: 14d\n", "vintage.yaml:1:5: 'gc' must be a section of keys, not '14d'"),
            (
                "gc.grace: 14d\n",
                "vintage.yaml:1:1: not valid YAML: write 'gc.grace' as a section with a key, each on a line of its own"
            ),
            ("- a\n", "vintage.yaml:1:1: not valid YAML: the file must hold keys and values"),
            ("gc: {}\ngc: {}\n", "vintage.yaml:1:1: not valid YAML: the key 'gc' is there twice"),
        ])
    func errors(text: String, expected: String) {
        #expect(message(shared: text) == expected)
    }

    @Test(
        "what is no YAML is told with its place", arguments: ["a: b: c\n", "gc: [\n", "\tgc: 1\n", "a: 1\n---\nb: 1\n"])
    func invalidSyntax(text: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try load(shared: text) }
        guard case .invalidSyntax(.shared, .some, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a file that is not text is refused")
    func notText() {
        #expect(throws: ConfigurationError.self) {
            try Configuration.load(shared: nil, local: [0xff, 0xfe], environment: [:], keys: keys)
        }
    }

    @Test("an unknown or wrong variable is an error that names the nearest")
    func variables() throws {
        #expect(
            message(environment: ["VINTAGE_GC_GRCAE": "1d"])
                == "VINTAGE_GC_GRCAE: unknown key 'VINTAGE_GC_GRCAE'; did you mean 'VINTAGE_GC_GRACE'?")
        #expect(
            message(environment: ["VINTAGE_CORE_WORKERS": "0"])
                == "VINTAGE_CORE_WORKERS: 'core.workers' must be a whole number from 1 to 1024, not '0'")
        _ = try load(environment: ["VINTAGE_TOKEN": "secret"], otherVariables: ["VINTAGE_TOKEN"])
    }

    @Test("names, variables and explanations of the keys are fit to print")
    func table() {
        #expect(Set(keys.map(\.name)).count == keys.count)
        for key in keys {
            #expect(key.environmentVariable.allSatisfy { $0.isUppercase || $0 == "_" })
            #expect(key.explanation.hasSuffix(".") && !key.explanation.contains("\n"))
        }
    }
}

@Suite("Changing a file of settings")
struct ConfigurationEditingTests {
    private static func set(_ name: String, _ value: String, in text: String) throws(ConfigurationError) -> String {
        let bytes = try Configuration.setting(name, to: value, in: Array(text.utf8), of: .shared, keys: keys)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "a key is set where it stands or added to its section, and all else is kept",
        arguments: [
            ("", "gc:\n  grace: 30d\n"),
            ("# ours\n", "# ours\ngc:\n  grace: 30d\n"),
            ("gc:\n  grace: 14d\n", "gc:\n  grace: 30d\n"),
            ("gc:\n  grace: 14d", "gc:\n  grace: 30d"),
            ("gc:\n    grace:   '14d'  # two weeks\n# end\n", "gc:\n    grace:   30d  # two weeks\n# end\n"),
            ("gc:\r\n  grace: \"14d\"\r\n", "gc:\r\n  grace: 30d\r\n"),
            ("gc: {grace: 14d}\n", "gc: {grace: 30d}\n"),
            ("gc:\n  grace:\n", "gc:\n  grace: 30d\n"),
            ("gc:  # kept\ncore:\n  workers: 2\n", "gc:  # kept\n  grace: 30d\ncore:\n  workers: 2\n"),
            ("gc: {}\n", "gc: {grace: 30d}\n"),
            ("{core: {workers: 2}}\n", "{gc: {grace: 30d}, core: {workers: 2}}\n"),
            ("core:\n  workers: 2", "core:\n  workers: 2\ngc:\n  grace: 30d\n"),
            (
                "# größe\n\"gc\":\n  \"grace\": 14d\nremote: [a, b]\n",
                "# größe\n\"gc\":\n  \"grace\": 30d\nremote: [a, b]\n"
            ),
            (
                "gc:\n  # theirs\n  other: 1 # one\n\ncore:\n  workers: 2\n",
                "gc:\n  # theirs\n  other: 1 # one\n  grace: 30d\n\ncore:\n  workers: 2\n"
            ),
        ])
    func edits(text: String, expected: String) throws {
        #expect(try Self.set("gc.grace", "30d", in: text) == expected)
    }

    @Test("setting every key in turn is read back, whatever was there before")
    func readBack() throws {
        var text = "terminal: {color: auto}\ncompression:\n  # fast\n  level: 1\n"
        let values = ["compression.level": "19", "core.workers": "4", "gc.grace": "90s", "terminal.color": "never"]
        for (name, value) in values { text = try Self.set(name, value, in: text) }
        let configuration = try load(shared: text)
        let changed = configuration.settings.filter { $0.value.source.description != "default" }
        #expect(changed.mapValues(\.value.description) == values)
        #expect(text.contains("# fast"))
    }

    @Test(
        "a file that cannot be changed safely is left alone",
        arguments: [
            "gc: &all\n  grace: &grace 14d\n", "gc:\n  grace: |\n    14d\n", "gc: ~\n", "a: 1\n...\n",
            "gc: &shared\n  other: &x\n    1\n", "gc: &s {grace: 14d}\ncopy: *s\n", "- list\n",
        ])
    func refusals(text: String) {
        #expect(throws: ConfigurationError.cannotEdit(key: "gc.grace", .shared)) {
            try Self.set("gc.grace", "30d", in: text)
        }
    }

    @Test("an unknown key and a wrong value are refused before the file is looked at")
    func wrongRequests() {
        #expect(throws: ConfigurationError.unknownKey("gc.grase", .commandLine, nil, nearest: "gc.grace")) {
            try Self.set("gc.grase", "1d", in: "")
        }
        let error = #expect(throws: ConfigurationError.self) { try Self.set("core.workers", "many", in: "") }
        #expect(
            error?.description
                == "command line: 'core.workers' must be a whole number from 1 to 1024, not 'many'")
    }
}
