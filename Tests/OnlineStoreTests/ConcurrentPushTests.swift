import Features
import FileSystem
import Foundation
import OnlineStore
import SystemPackage
import Tables
import Testing
import TextFormats
import TrainingSets

/// Files of a folder, whose names begin as the source's does.
struct Files: SourceCatalog {
    let folder: FilePath

    func files(of source: FeatureSource) throws -> [SourceFile] {
        let path = folder.appending("\(source.name).csv")
        return [SourceFile(path: try RelativePath("data/\(source.name).csv"), input: nil, table: .file(path))]
    }
}

@Suite("Rows that are pushed while views are filled")
struct ConcurrentPushTests {
    private static let definitions = """
        entities:
          account: {keys: {account: string}}
        sources:
          payments: {path: data/payments.csv, event_time: time}
        views:
          sums:
            entity: account
            source: payments
            windows: [365d]
            features:
              n: count()
              total: sum(amount)
        """
    private static let moment: Int64 = 1_767_268_800_000_000

    @Test(
        "are all there in the end, each once, whether the definition stays or changes meanwhile",
        arguments: StorageKind.allCases, [false, true])
    func pushing(kind: StorageKind, changesDefinition: Bool) async throws {
        let scratch = try ScratchStorage(kind)
        defer { withExtendedLifetime(scratch) {} }
        let folder = FilePath(NSTemporaryDirectory()).appending("push-tests-\(UUID().uuidString)")
        try folder.makeDirectories()
        defer { try? folder.removeAll() }
        try folder.appending("payments.csv").replaceContents(
            with: Array("account,time,amount\na,2026-01-01T10:00:00Z,100\nb,2026-01-01T10:00:00Z,200\n".utf8))
        let first = try Self.read(Self.definitions)
        let second = try Self.read(
            changesDefinition ? Self.definitions.replacing("[365d]", with: "[364d, 365d]") : Self.definitions)
        let (pushing, filling) = (try scratch.open(), try scratch.open())
        let files = Files(folder: folder)
        _ = try Materializer(filling, first, files, threads: 1).materialize(
            "sums", until: nil, now: Self.moment, history: 0)
        let count = 200
        async let pushes: Void = Task.detached {
            var pusher = Pusher(pushing, first)
            for number in 0..<count {
                var row = JSONObject()
                row["account"] = .string(number % 3 == 0 ? "a" : "c")
                row["time"] = .string("2026-01-01T11:00:00Z")
                row["amount"] = .integer(Int64(number))
                do {
                    _ = try pusher.push([.object(row)], to: "payments", now: Self.moment)
                } catch PushError.definitionChanged {
                    // Nothing was written; one who knows the definitions goes on.
                    pusher = Pusher(pushing, second)
                    _ = try pusher.push([.object(row)], to: "payments", now: Self.moment)
                }
            }
        }.value
        async let fillings: Void = Task.detached {
            let materializer = Materializer(filling, second, files, threads: 1)
            for _ in 0..<25 {
                _ = try materializer.materialize("sums", until: nil, now: Self.moment, history: 0)
            }
        }.value
        try await fillings
        try await pushes
        // One more filling, as the next run would be: it is not needed where the definition stayed.
        if changesDefinition {
            _ = try Materializer(filling, second, files, threads: 1).materialize(
                "sums", until: nil, now: Self.moment, history: 0)
        }
        let plan = try second.plan(forFeatures: ["sums.n_365d", "sums.total_365d"])
        let spine = try SpineTable(
            RecordBatch([
                ("account", Column(strings: ["a", "b", "c"])),
                ("at", Column([Int64?](repeating: Self.moment + 1, count: 3), .timestamp(.microsecond, zone: "UTC"))),
            ]), name: "accounts", time: "at")
        let answer = try OnlineFeatures(filling, second).answer(plan, at: spine)
        let ofA = (0..<count).filter { $0 % 3 == 0 }
        let ofC = (0..<count).filter { $0 % 3 != 0 }
        let (counts, totals) = (answer.features[0].values, answer.features[1].values)
        #expect((0..<3).map { counts.cell(at: $0) } == [ofA.count + 1, 1, ofC.count].map { .integer(Int64($0)) })
        #expect(
            (0..<3).map { totals.cell(at: $0) }
                == [100 + ofA.reduce(0, +), 200, ofC.reduce(0, +)].map { .integer(Int64($0)) })
    }

    private static func read(_ text: String) throws -> Definitions {
        try Definitions(files: [(try RelativePath("features/a.yaml"), Array(text.utf8))])
    }
}
