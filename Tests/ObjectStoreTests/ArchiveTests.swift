import FileSystem
import Foundation
import ObjectStore
import Synchronization
import SystemPackage
import Testing

@Suite struct ArchiveTests {
    /// Stores files of a folder by their numbers.
    private static func archive(_ scratch: ScratchStore, _ paths: [FilePath]) throws -> [ArchivedFile] {
        let sizes = try paths.map { UInt64(try $0.status()?.size ?? 0) }
        let writer = try scratch.store.makeWriter(packSize: 4 << 20)
        let archived = try Archiver(writer: writer).archive(sizes: sizes) { (number) throws(StoreError) in
            do throws(FileError) {
                return try File(reading: paths[number])
            } catch {
                throw .file(error)
            }
        }
        try writer.finish()
        return archived
    }

    private static func restore(_ scratch: ScratchStore, _ files: [FileReference], _ folder: FilePath) throws {
        try folder.makeDirectories()
        let completed = Mutex<[Int]>([])
        try Restorer(store: scratch.reopened()).restore(
            files,
            open: { (number) throws(StoreError) in
                do throws(FileError) {
                    return Restorer.Target(try File(creating: folder.appending("\(number)")))
                } catch {
                    throw .file(error)
                }
            },
            complete: { (number, _) throws(StoreError) in completed.withLock { $0.append(number) } })
        #expect(completed.withLock { $0.sorted() } == Array(files.indices))
    }

    private static func write(_ scratch: ScratchStore, _ contents: [[UInt8]]) throws -> [FilePath] {
        try contents.enumerated().map { number, bytes in
            let path = scratch.folder.appending("file \(number)")
            try File(creating: path).write(bytes)
            return path
        }
    }

    @Test("files come back byte for byte, of any size and from all threads at once")
    func roundTrip() throws {
        var random = SampleBytes(seed: 21)
        let scratch = try ScratchStore()
        let limits = scratch.store.parameters
        var contents: [[UInt8]] = [[], [7], [], [7]]
        for length in [limits.minimum, limits.average, limits.maximum] {
            for change in [-1, 0, 1] { contents.append(random.random(length + change)) }
        }
        // Nothing in zeros ends a chunk before its limit.
        contents.append([UInt8](repeating: 0, count: limits.maximum * 3))
        contents.append([UInt8](repeating: 0, count: limits.maximum * 3))
        contents.append(random.rows(20 << 20))
        contents.append(random.random(5 << 20))
        for _ in 0..<150 { contents.append(random.runs(Int(random.next() % 30_000))) }
        let archived = try Self.archive(scratch, try Self.write(scratch, contents))
        for (file, bytes) in zip(archived, contents) {
            #expect(file.file.size == UInt64(bytes.count))
            #expect(file.status.size == Int64(bytes.count))
        }
        #expect(archived[1].file == archived[3].file)
        #expect(archived[0].file == .empty)
        let folder = scratch.folder.appending("out")
        try Self.restore(scratch, archived.map(\.file), folder)
        for (number, bytes) in contents.enumerated() {
            let restored = try folder.appending("\(number)").contents()
            #expect(restored == bytes, "file \(number) of \(bytes.count) bytes")
        }
    }

    @Test("equal files are stored once, and an edit stores little")
    func deduplication() throws {
        var random = SampleBytes(seed: 22)
        let scratch = try ScratchStore()
        var bytes = random.random(8 << 20)
        let first = try Self.archive(scratch, try Self.write(scratch, [bytes]))
        let before = try scratch.packBytes()
        let again = scratch.folder.appending("again")
        try File(creating: again).write(bytes)
        #expect(try Self.archive(scratch, [again])[0].file == first[0].file)
        #expect(try scratch.packBytes() == before)
        bytes.insert(contentsOf: [1, 2, 3], at: 4 << 20)
        let edited = scratch.folder.appending("edited")
        try File(creating: edited).write(bytes)
        _ = try Self.archive(scratch, [edited])
        #expect(try scratch.packBytes() - before < 1 << 20)
    }

    @Test("a range of a file is the slice of its bytes")
    func ranges() throws {
        var random = SampleBytes(seed: 23)
        let scratch = try ScratchStore(
            parameters: try ChunkingParameters(minimum: 256, average: 1024, maximum: 4096))
        let bytes = random.random(600_000)
        let archived = try Self.archive(scratch, try Self.write(scratch, [bytes, []]))
        let file = archived[0].file
        #expect(file.level >= 1)
        for round in 0..<400 {
            let start = random.next() % 610_000
            let length = round % 3 == 0 ? random.next() % 20 : random.next() % 600_000
            var found: [UInt8] = []
            try scratch.store.read(file, range: start..<start + length) { (part) throws(StoreError) in
                found += Array(part)
            }
            let low = min(Int(start), bytes.count)
            #expect(found == Array(bytes[low..<min(low + Int(length), bytes.count)]))
        }
        #expect(try scratch.store.contents(of: file) == bytes)
        #expect(try scratch.store.contents(of: archived[1].file) == [])
    }

    @Test(
        "a file that changes while it is read is stored as it once was or refused, never torn", arguments: [1, 4, 30])
    func tornFile(_ pauseMilliseconds: Int) throws {
        let scratch = try ScratchStore()
        let path = scratch.folder.appending("changing")
        let (size, piece) = (12 << 20, 64 << 10)
        // Each version is its number over and over and is written from start to end, so that at any moment the file
        // holds a part of the newer version and then the older one. An older part before a newer one was never there.
        try File(creating: path).write([UInt8](repeating: 0, count: size))
        let isDone = Atomic(false)
        let started = DispatchSemaphore(value: 0)
        let finished = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            var version: UInt32 = 1
            if let file = try? File(openingOrCreating: path) {
                while !isDone.load(ordering: .relaxed) {
                    let numbers = [UInt32](repeating: version, count: piece / 4)
                    for start in stride(from: 0, to: size, by: piece) {
                        numbers.withUnsafeBytes { try? file.write($0, at: Int64(start)) }
                    }
                    if version == 1 { started.signal() }
                    version += 1
                    pause(milliseconds: pauseMilliseconds)
                }
            }
            started.signal()
            finished.signal()
        }
        started.wait()
        for _ in 0..<2 {
            do {
                let file = try Self.archive(scratch, [path])[0].file
                let bytes = try scratch.store.contents(of: file)
                #expect(bytes.count == size)
                let numbers = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
                let isOrdered = zip(numbers, numbers.dropFirst()).allSatisfy { $0 >= $1 }
                #expect(isOrdered, "an older part stands before a newer one")
                #expect(numbers[0] - numbers[numbers.count - 1] <= 1, "three versions were mixed")
            } catch StoreError.unstableFile {
                // Refused: right as well.
            }
        }
        isDone.store(true, ordering: .relaxed)
        finished.wait()
    }

    @Test("a file that changes once while it is read is read again")
    func changedOnce() throws {
        let scratch = try ScratchStore()
        let path = scratch.folder.appending("changing")
        let size = 64 << 20
        try File(creating: path).write([UInt8](repeating: 1, count: size))
        pause(milliseconds: 50)
        let meter = ByteMeter()
        let opens = Atomic(0)
        let finished = DispatchSemaphore(value: 0)
        let changedInTime = Atomic(false)
        Thread.detachNewThread {
            while meter.count == 0 { pause(milliseconds: 0) }
            if let file = try? File(openingOrCreating: path) { try? file.resize(to: 1_000) }
            changedInTime.store(meter.count < UInt64(size), ordering: .relaxed)
            finished.signal()
        }
        let writer = try scratch.store.makeWriter()
        let archived = try Archiver(writer: writer, meter: meter).archive(sizes: [UInt64(size)]) {
            (_) throws(StoreError) in
            opens.add(1, ordering: .relaxed)
            do throws(FileError) {
                return try File(reading: path)
            } catch {
                throw .file(error)
            }
        }
        try writer.finish()
        finished.wait()
        if changedInTime.load(ordering: .relaxed) {
            #expect(archived[0].file.size == 1_000)
            #expect(opens.load(ordering: .relaxed) == 2)
        } else {
            #expect(archived[0].file.size == 1_000 || archived[0].file.size == UInt64(size))
        }
    }

    @Test("a folder, a pipe's like, is refused as a file")
    func notRegular() throws {
        let scratch = try ScratchStore()
        #expect(throws: StoreError.self) { try Self.archive(scratch, [scratch.folder]) }
    }
}
