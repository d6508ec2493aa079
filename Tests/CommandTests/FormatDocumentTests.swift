import FileSystem
import Foundation
import SystemPackage
import Testing

/// The reader in `Docs/format-example.py` knows the format from `Docs/format.md` alone: what it reads, the page tells.
@Suite("The format document and the command")
struct FormatDocumentTests {
    private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()
    private static let document = root.appending("Docs/format.md")
    private static let binary =
        ProcessInfo.processInfo.environment["VINTAGE_BINARY"].map { FilePath($0) }
        ?? root.appending(".build/release/vintage")

    private func withFolder(_ body: (FilePath) throws -> Void) throws {
        let folder = FilePath(NSTemporaryDirectory()).appending("format-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        try body(folder)
    }

    /// Runs a program and gives its status and all that it printed.
    private func run(_ words: [String], in folder: FilePath) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: folder.string)
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIT_") }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    private func read(_ words: String..., in folder: FilePath) throws -> (status: Int32, output: String) {
        try run(["python3", Self.root.appending("Docs/format-example.py").string] + words, in: folder)
    }

    private func vintage(_ words: String..., in folder: FilePath) throws {
        let (status, output) = try run([Self.binary.string] + words, in: folder)
        try #require(status == 0, "vintage \(words.joined(separator: " ")): \(output)")
    }

    @Test("the store that the document takes apart is whole, and the command finds no fault in it")
    func worksExample() throws {
        try withFolder { folder in
            try vintage("init", "--no-git", in: folder)
            let store = folder.appending(".vintage/store")
            let (status, output) = try read("document", Self.document.string, store.string, in: folder)
            #expect(status == 0, "\(output)")
            let check = try read("check", store.string, in: folder)
            #expect(check.status == 0, "\(check.output)")
            try vintage("fsck", "--data", in: folder)
        }
    }

    @Test("a byte changed anywhere in the document's store is noticed by the second implementation")
    func noticesDamage() throws {
        try withFolder { folder in
            _ = try read("document", Self.document.string, folder.string, in: folder)
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder.string).sorted()
                .map { folder.appending($0) }.filter { try $0.status()?.kind == .regular }
            #expect(files.count == 4)
            for file in files {
                let good = try file.contents()
                for attempt in 0..<4 {
                    var bad = good
                    let position = attempt * (good.count - 1) / 3
                    bad[position] ^= 1 << UInt8(attempt * 2)
                    try file.replaceContents(with: bad, isDurable: false)
                    let (status, _) = try read("check", folder.string, in: folder)
                    #expect(status == 1, "byte \(position) of \(displayed(file)), now \(bad[position])")
                    try file.replaceContents(with: good, isDurable: false)
                }
            }
        }
    }

    @Test("a second implementation brings back every name, byte, link, empty folder and executable bit")
    func bringsBackTrees() throws {
        try withFolder { folder in
            try vintage("init", "--no-git", in: folder)
            let data = folder.appending("data")
            try data.appending("empty/inside").makeDirectories()
            for number in 0..<300 {
                let place = data.appending("folder \(number % 7)")
                try place.makeDirectories()
                let name: [UInt8] = [UInt8(1 + number % 46), UInt8(128 + number % 128), UInt8(ascii: "a")]
                let content = Array(repeating: "\(number) ", count: number * number / 40).joined()
                let file = place.appending(bytes: name)
                try file.replaceContents(with: Array(content.utf8), isDurable: false)
                if number % 5 == 0 { try File(reading: file).setExecutable(true) }
            }
            try Directory(data).makeLink(Array("link".utf8), to: Array("nowhere/\u{e9}".utf8))
            try vintage("add", "data", in: folder)
            try vintage("tag", "data@first", in: folder)
            let lock = String(decoding: try folder.appending("vintage.lock").contents(), as: UTF8.self)
            let snapshot = String(lock.split(separator: "\n")[1].prefix(64))
            let (status, output) = try read("extract", ".vintage/store", snapshot, "copy", in: folder)
            #expect(status == 0, "\(output)")
            let copy = try described(folder.appending("copy/root"), "")
            #expect(try described(data, "") == copy)
            #expect(copy.count > 300)
        }
    }

    @Test("every test suite that the promises name is there")
    func promisesNameTests() throws {
        let promises = String(decoding: try Self.root.appending("Docs/safety.md").contents(), as: UTF8.self)
        let tests = try FileManager.default.subpathsOfDirectory(atPath: Self.root.appending("Tests").string)
        let names = promises.split(separator: "`").filter { $0.hasSuffix("Tests") }
        #expect(names.count > 5)
        for name in names {
            #expect(tests.contains { $0.hasSuffix("/\(name).swift") }, "Docs/safety.md names \(name)")
        }
    }

    /// One line for each thing below a folder: its path, kind and content.
    private func described(_ folder: FilePath, _ path: String) throws -> [String] {
        var lines: [String] = []
        for name in try Directory(folder).listing() {
            let place = folder.appending(bytes: name)
            let label = "\(path)/\(Array(name))"
            let status = try #require(try place.status())
            switch status.kind {
            case .directory: lines += ["\(label) folder"] + (try described(place, label))
            case .symbolicLink: lines.append("\(label) link \(try Directory(folder).linkTarget(name))")
            default: lines.append("\(label) \(status.isExecutable) \(try place.contents().hashValue)")
            }
        }
        return lines
    }
}
