import Testing

import GitBridge

@Suite("The message of a commit")
struct CommitMessageTests {
    private static let scissors = "# ------------------------ >8 ------------------------"

    private func commented(
        _ text: String, prefix: String? = "#", endsAtScissors: Bool = false
    ) -> String {
        var message = CommitMessage(Array(text.utf8), commentPrefix: prefix, endsAtScissors: endsAtScissors)
        message.addComment(["Data:", "\tnew: a"])
        return String(decoding: message.bytes, as: UTF8.self)
    }

    private func trailed(_ text: String, replacing: Bool = false) -> String {
        var message = CommitMessage(Array(text.utf8), commentPrefix: "#", endsAtScissors: false)
        message.setTrailers("Data", ["a (new)", "b (removed)"], replacing: replacing)
        return String(decoding: message.bytes, as: UTF8.self)
    }

    @Test("a comment comes behind git's own")
    func comment() {
        #expect(commented("\n# Please enter\n") == "\n# Please enter\n#\n# Data:\n#\tnew: a\n")
    }

    @Test("a comment begins as git's own do, where git chooses the character")
    func chosenCharacter() {
        #expect(commented("# a heading\n\n; Please enter\n", prefix: nil).hasSuffix(";\n; Data:\n;\tnew: a\n"))
        #expect(commented("\n", prefix: nil) == "\n#\n# Data:\n#\tnew: a\n")
        #expect(commented("\n// Please\n", prefix: "//").hasSuffix("//\n// Data:\n//\tnew: a\n"))
    }

    @Test("a comment stands below the scissors and above the diff")
    func belowScissors() {
        let text = "Subject\n\(Self.scissors)\n# Do not modify\n"
        #expect(commented(text + "diff --git a b\n") == text + "#\n# Data:\n#\tnew: a\n" + "diff --git a b\n")
    }

    @Test("without scissors there is no comment where git would keep it")
    func keptComments() {
        #expect(commented("Subject\n", endsAtScissors: true) == "Subject\n")
        #expect(commented("Subject\n\(Self.scissors)\n", endsAtScissors: true).contains("# Data:"))
    }

    @Test("trailers are a paragraph of their own, or join those there are")
    func trailers() {
        #expect(trailed("Subject\n") == "Subject\n\nData: a (new)\nData: b (removed)\n")
        #expect(
            trailed("Subject\n\nBody: not only trailers\nhere\n")
                == "Subject\n\nBody: not only trailers\nhere\n\nData: a (new)\nData: b (removed)\n")
        #expect(
            trailed("Subject\n\nSigned-off-by: A <a@b.c>\n")
                == "Subject\n\nSigned-off-by: A <a@b.c>\nData: a (new)\nData: b (removed)\n")
        // A subject alone is no trailer, whatever it looks like.
        #expect(trailed("fix: it\n") == "fix: it\n\nData: a (new)\nData: b (removed)\n")
    }

    @Test("trailers stand above comments, and leave an empty message a line for its subject")
    func trailersAboveComments() {
        #expect(
            trailed("Subject\n\n# Please enter\n") == "Subject\n\nData: a (new)\nData: b (removed)\n\n# Please enter\n")
        #expect(trailed("\n# Please enter\n") == "\n\nData: a (new)\nData: b (removed)\n\n# Please enter\n")
        #expect(
            trailed("Subject\n\(Self.scissors)\ndiff\n")
                == "Subject\n\nData: a (new)\nData: b (removed)\n\n\(Self.scissors)\ndiff\n")
    }

    @Test("an amended message does not keep the old trailers")
    func replacedTrailers() {
        #expect(
            trailed("Subject\n\nData: old (new)\nSigned-off-by: A\n", replacing: true)
                == "Subject\n\nSigned-off-by: A\nData: a (new)\nData: b (removed)\n")
        #expect(trailed("Subject\n\nData: old\n", replacing: true) == "Subject\n\nData: a (new)\nData: b (removed)\n")
    }
}
