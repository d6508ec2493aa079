import Features
import FileSystem
import Foundation
import Leakage
import PythonEnvironment
import Testing

/// What `Docs/schemas/features.schema.json` says of the guard's sections, and of the examples of the documentation and the
/// demo.
@Suite("The schema of the guard's sections")
struct SettingsSchemaTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOf: PythonEnvironment.root.appendingPathComponent(path), encoding: .utf8)
    }

    /// What the schema says of documents.
    private static func verdicts(_ texts: [String]) throws -> [Bool] {
        let output = try PythonEnvironment.python("validate-features.py", input: try JSONEncoder().encode(texts))
        return try JSONDecoder().decode([Bool].self, from: Data(output.utf8))
    }

    /// The blocks of YAML of a page.
    private static func blocks(_ page: String) throws -> [String] {
        try text(page).components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    }

    /// Whether the program takes a file of definitions and the guard's settings in it.
    private static func isTaken(_ text: String) throws -> Bool {
        let files = [(path: try RelativePath("features/a.yaml"), bytes: Array(text.utf8))]
        let isFile = (try? Definitions(files: files)) != nil
        return isFile && (try? LeakageSettings(files: files)) != nil
    }

    @Test("takes the examples of the documentation and the demo, which are files that the program takes")
    func examples() throws {
        var examples = try ["README.md", "Docs/features.md", "Docs/leakage.md"].flatMap(Self.blocks)
        let demo = try Self.text("Scripts/demo").components(separatedBy: "cat >features/").dropFirst().map { part in
            part.components(separatedBy: "\nEND\n")[0].components(separatedBy: "\n").dropFirst().joined(separator: "\n")
        }
        #expect(demo.count >= 2)
        examples += demo
        #expect(examples.count >= 6)
        for (text, isTaken) in zip(examples, try Self.verdicts(examples)) {
            #expect(isTaken, "the schema does not take \(text)")
        }
        // What stands for itself is valid as a whole; the demo's second file is read beside its first.
        #expect(try Self.isTaken(Self.blocks("Docs/leakage.md")[0]))
        #expect(try Self.isTaken(demo[0]))
        let files = try demo.enumerated().map { number, text in
            (path: try RelativePath("features/\(number).yaml"), bytes: Array(text.utf8))
        }
        #expect(throws: Never.self) { try Definitions(files: files) }
    }

    static let right = [
        "guard: {}", "guard: {auc: 0.5, r2: 0, rows: 1, seed: 0}", "guard: {auc: 1, r2: 1, rows: 10000000, seed: 7}",
        "waivers: []", "waivers: [{rule: future-value, reason: Known the day before.}]",
        "waivers: [{rule: label-derived, service: s, feature: x, reason: r, expires: 2027-01-31}]",
        "waivers: [{rule: availability-undeclared, source: s, reason: r, expires: '2027-01-31'}]",
        "guard: {rows: 5}\nwaivers: [{rule: settled-later, reason: r}]\nentities: {e: {keys: [k]}}",
    ]

    static let wrong = [
        "guard: 1", "guard: []", "guard: {auc: 0.4}", "guard: {auc: 1.1}", "guard: {auc: high}", "guard: {r2: -0.1}",
        "guard: {r2: 2}", "guard: {rows: 0}", "guard: {rows: 10000001}", "guard: {seed: -1}", "guard: {seed: x}",
        "guard: {acu: 0.9}", "guard: {auc: [0.9]}", "waivers: {}", "waivers: all", "waivers: [future-value]",
        "waivers: [{rule: future-value}]", "waivers: [{reason: r}]", "waivers: [{rule: future-valeu, reason: r}]",
        "waivers: [{rule: waiver-unused, reason: r}]", "waivers: [{rule: waiver-expired, reason: r}]",
        "waivers: [{rule: future-value, reason: ''}]", "waivers: [{rule: future-value, reason: r, until: 2027-01-31}]",
        "waivers: [{rule: future-value, reason: r, expires: tomorrow}]",
        "waivers: [{rule: future-value, reason: r, expires: 2027-1-31}]",
        "waivers: [{rule: future-value, reason: r, feature: x, source: s}]",
        "waivers: [{rule: future-value, reason: [r]}]",
    ]

    @Test("says of the sections what the program says")
    func sections() throws {
        for (texts, expected) in [(Self.right, true), (Self.wrong, false)] {
            for (text, verdict) in zip(texts, try Self.verdicts(texts)) {
                #expect(verdict == expected, "the schema says \(verdict) of \(text)")
                #expect(try Self.isTaken(text) == expected, "the program does not say \(expected) of \(text)")
            }
        }
    }

    @Test("names the rules that can be waived, and no others")
    func rules() throws {
        let schema = try JSONSerialization.jsonObject(with: Data(Self.text("Docs/schemas/features.schema.json").utf8))
        var value: Any? = schema
        for key in ["properties", "waivers", "items", "properties", "rule", "enum"] {
            value = (value as? [String: Any])?[key]
        }
        #expect(value as? [String] == LeakageRule.allCases.filter(\.canBeWaived).map(\.rawValue))
    }
}
