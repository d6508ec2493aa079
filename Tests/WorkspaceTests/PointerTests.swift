import ObjectStore
import Testing
import Workspace

@Suite struct PointerTests {
    private let content = FileReference(id: ObjectID(of: Array("hello".utf8)), size: 5, level: 0)

    @Test("a pointer is the text that the document shows")
    func text() {
        let expected = """
            vintage pointer 1
            Vintage keeps the content of this file, and git keeps this text in its place. To have the
            content, install vintage and run 'vintage init' in this repository: it says what to do next.
            id 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
            size 5
            level 0

            """
        #expect(String(decoding: Pointer(content).encoded(), as: UTF8.self) == expected)
    }

    @Test("what is written is read, whatever the content")
    func roundTrip() {
        var random = SplitMix(seed: 1)
        for _ in 0..<200 {
            let id = ObjectID(of: [UInt8.random(in: 0...255, using: &random)])
            let size =
                UInt64.random(in: 1...UInt64(Int64.max), using: &random) >> UInt64.random(in: 0..<62, using: &random)
            let content = FileReference(id: id, size: max(1, size), level: UInt8.random(in: 0...8, using: &random))
            let text = Pointer(content).encoded()
            #expect(text.count <= Pointer.maximumCount)
            #expect(Pointer(parsing: text)?.content == content)
        }
    }

    @Test("no other text is a pointer: any byte changed, removed or added")
    func strictness() {
        let text = Pointer(content).encoded()
        for index in text.indices {
            for byte in [UInt8(0), 0x20, 0x0a, UInt8(ascii: "0"), UInt8(ascii: "A"), 0xff] {
                var other = text
                other[index] = byte
                if other == text { continue }
                // A digit may become another one: that is another pointer, never this one.
                if let pointer = Pointer(parsing: other) {
                    #expect(pointer.encoded() == other && pointer.content != content)
                }
                var longer = text
                longer.insert(byte, at: index)
                if let pointer = Pointer(parsing: longer) { #expect(pointer.encoded() == longer) }
            }
            var shorter = text
            shorter.remove(at: index)
            #expect(Pointer(parsing: shorter) == nil)
        }
        #expect(Pointer(parsing: text + [0x0a]) == nil)
        #expect(Pointer(parsing: []) == nil)
    }

    @Test(
        "sizes and levels out of range are refused",
        arguments: [
            ("size 5", "size 0"), ("size 5", "size 05"), ("size 5", "size +5"), ("size 5", "size -5"),
            ("size 5", "size"),
            ("size 5", "size 9223372036854775808"), ("size 5", "size 99999999999999999999999"), ("level 0", "level 9"),
            ("level 0", "level 00"), ("level 0", "level 256"), ("level 0", "level"),
        ])
    func ranges(old: String, new: String) {
        let text = String(decoding: Pointer(content).encoded(), as: UTF8.self)
        let changed = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0 == old ? new : String($0) }.joined(separator: "\n")
        #expect(changed != text)
        #expect(Pointer(parsing: Array(changed.utf8)) == nil)
        guard case .broken = Pointer.appearance(of: Array(changed.utf8), isWhole: true) else {
            Issue.record("taken for something else")
            return
        }
    }

    @Test("a pointer with conflict markers is told from one that is broken, and from a content like any other")
    func appearance() {
        let text = Pointer(content).encoded()
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let conflicted = Array((lines.prefix(3) + ["<<<<<<< HEAD"] + lines.dropFirst(3)).joined(separator: "\n").utf8)
        func name(_ bytes: [UInt8], isWhole: Bool = true) -> String {
            switch Pointer.appearance(of: bytes, isWhole: isWhole) {
            case .pointer: "pointer"
            case .broken: "broken"
            case .conflicted: "conflicted"
            case .content: "content"
            }
        }
        #expect(name(text) == "pointer")
        #expect(name(text, isWhole: false) == "content")
        #expect(name(conflicted) == "conflicted")
        #expect(name(conflicted, isWhole: false) == "conflicted")
        #expect(name(text + [0x20]) == "broken")
        #expect(name(text + Array(repeating: 0x20, count: 513)) == "content")
        #expect(name(Array("vintage pointer 2\n".utf8)) == "content")
    }
}
