import GitBridge
import Testing

@Suite struct AttributesFileTests {
    private func text(_ file: AttributesFile) -> String { String(decoding: file.encoded(), as: UTF8.self) }

    @Test("lines that are not ours stay as they are, byte for byte")
    func others() {
        let given = "# comment\n*.txt text\n\n[attr]binary -diff -merge -text filter=vintage\n*.csv filter=lfs\n"
        var file = AttributesFile(parsing: Array(given.utf8))
        #expect(file.patterns.isEmpty)
        let isNew = file.track(Array("*.bin".utf8))
        #expect(isNew)
        #expect(text(file) == given + "*.bin filter=vintage diff=vintage merge=vintage -text\n")
        let wasThere = file.untrack(Array("*.bin".utf8))
        #expect(wasThere)
        #expect(text(file) == given)
    }

    @Test(
        "a pattern comes back as it was given",
        arguments: ["*.csv", "my data/*.bin", "#hash", "\"quoted", "[ab]*", "a\\*b", "data/**", "/top", "über"])
    func patterns(_ pattern: String) {
        var file = AttributesFile(parsing: [])
        let isNew = file.track(Array(pattern.utf8))
        #expect(isNew)
        let again = file.track(Array(pattern.utf8))
        #expect(!again)
        let read = AttributesFile(parsing: file.encoded())
        #expect(read.patterns.map { String(decoding: $0, as: UTF8.self) } == [pattern])
        #expect(!text(file).dropLast().contains("\n"))
    }

    @Test("a file without a line end at its end, and one of Windows, are read")
    func lineEnds() {
        #expect(AttributesFile(parsing: Array("*.a filter=vintage".utf8)).patterns == [Array("*.a".utf8)])
        let file = AttributesFile(parsing: Array("*.a filter=vintage -text\r\n*.b  -text\tfilter=vintage\r\n".utf8))
        #expect(file.patterns == [Array("*.a".utf8), Array("*.b".utf8)])
    }
}
