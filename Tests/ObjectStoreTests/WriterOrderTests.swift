import FileSystem
import Foundation
import ObjectStore
import Synchronization
import SystemPackage
import Testing

/// What a writer's packs hold at any moment is whole: the ground on which a crash is survived.
@Suite("The order of a writer")
struct WriterOrderTests {
    private func withStore(_ body: (Store) throws -> Void) throws {
        let folder = FilePath(NSTemporaryDirectory()).appending("writer-tests-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        try body(try Store.create(at: folder))
    }

    @Test("an object that several threads store at once stands before what any of them stores next")
    func sharedObjectsComeFirst() throws {
        try withStore { store in
            let writer = try store.makeWriter(packSize: 1 << 30)
            var random = SampleBytes(seed: 11)
            // Long enough to compress that other threads find one of them under way.
            let shared = (0..<40).map { _ in random.bytes(.rows, count: 250_000) }
            let followers = Mutex<[(shared: ObjectID, follower: ObjectID)]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                for (number, bytes) in shared.enumerated() {
                    guard let id = try? writer.put(bytes, kind: .chunk),
                        let follower = try? writer.put(Array("\(thread) \(number)".utf8), kind: .chunk)
                    else { continue }
                    followers.withLock { $0.append((id, follower)) }
                }
            }
            try writer.finish()
            let pairs = followers.withLock { $0 }
            #expect(pairs.count == 160)
            for (shared, follower) in pairs {
                let first = try #require(store.location(of: ObjectKey(shared, .chunk)))
                let second = try #require(store.location(of: ObjectKey(follower, .chunk)))
                #expect(first.offset < second.offset)
            }
        }
    }

    @Test("after an object could not be written, the writer does not take it for stored and never finishes")
    func failureIsKept() throws {
        try withStore { store in
            let writer = try store.makeWriter()
            try FileManager.default.removeItem(atPath: store.path.appending("tmp").string)
            #expect(throws: StoreError.self) { try writer.put([1, 2, 3], kind: .chunk) }
            try FileManager.default.createDirectory(
                atPath: store.path.appending("tmp").string, withIntermediateDirectories: false)
            #expect(throws: StoreError.self) { try writer.put([1, 2, 3], kind: .chunk) }
            #expect(throws: StoreError.self) { try writer.finish() }
            #expect(try !Store(opening: store.path).contains(ObjectID(of: [1, 2, 3]), kind: .chunk))
        }
    }

    @Test("every offset from UTC that git can write comes back, and any other is refused")
    func offsets() throws {
        try withStore { store in
            let writer = try store.makeWriter()
            let artifact = try RelativePath("data")
            func stored(_ offset: Int32) throws -> ObjectID {
                try writer.put(
                    Snapshot(
                        artifact: artifact, root: .file(.empty, isExecutable: false), time: 0, offsetMinutes: offset))
            }
            let good = try [-5999, 0, 5999].map { try stored($0) }
            let bad = try [-6000, 6000, .min].map { try stored($0) }
            try writer.finish()
            #expect(try good.map { try store.snapshot($0).offsetMinutes } == [-5999, 0, 5999])
            for id in bad { #expect(throws: StoreError.self) { try store.snapshot(id) } }
        }
    }
}
