import Testing

import Checks

@Suite("The registry of checks")
struct RegistryTests {
    private let registry = CheckRegistry(["one", "two", "three"].map { SampleReport.check($0) })

    @Test("--only and --skip choose by name, in the registry's order")
    func selects() throws {
        func ids(_ only: [String], _ skip: [String]) throws -> [String] {
            try registry.selecting(only: only, skip: skip).checks.map(\.id)
        }
        #expect(try ids([], []) == ["one", "two", "three"])
        #expect(try ids(["three", "one"], []) == ["one", "three"])
        #expect(try ids([], ["two"]) == ["one", "three"])
        #expect(try ids(["one"], ["one"]) == [])
    }

    @Test("an unknown name is refused, with the nearest one")
    func refusesUnknown() {
        #expect(throws: UnknownCheck(id: "tow", known: ["one", "two", "three"])) {
            try registry.selecting(skip: ["tow"])
        }
        #expect("\(UnknownCheck(id: "tow", known: ["one", "two"]))" == "there is no check 'tow'; did you mean 'two'?")
    }

    @Test("every check has a name in lower case with dashes, a title without a full stop, and a paragraph")
    func areDescribed() {
        for check in Check.workspaceChecks {
            #expect(check.id.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil)
            #expect(check.title.first?.isUppercase == true || check.title.hasPrefix("vintage.lock"))
            #expect(!check.title.hasSuffix("."))
            #expect(check.explanation.hasSuffix(".") && check.explanation.count > 100)
            #expect(check.scopes.contains(.workspace))
        }
    }
}
