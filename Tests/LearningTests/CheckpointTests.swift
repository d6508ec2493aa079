import FileSystem
import Foundation
import Learning
import LearningSupport
import ObjectStore
import SystemPackage
import Testing

@Suite struct CheckpointTests {
    @Test("checkpoints that are older than the grace go, others and other files stay")
    func abandoned() throws {
        let scratch = try ScratchFolder()
        let folder = FilePath(scratch.file("training"))
        #expect(try Checkpoint.removeAbandoned(in: folder, before: .max, dryRun: false).count == 0)
        for name in ["old.safetensors", "new.safetensors", "old.txt"] {
            try FileManager.default.createDirectory(
                atPath: folder.string, withIntermediateDirectories: true)
            try scratch.write([1, 2, 3], to: "training/\(name)")
            if name.hasPrefix("old") {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: 1000)],
                    ofItemAtPath: scratch.file("training/\(name)"))
            }
        }
        let moment = 2000 * 1_000_000_000 as Int64
        for isDry in [true, false] {
            let gone = try Checkpoint.removeAbandoned(in: folder, before: moment, dryRun: isDry)
            #expect(gone.count == 1 && gone.bytes == 3)
        }
        #expect(
            try Set(FileManager.default.contentsOfDirectory(atPath: folder.string)) == ["new.safetensors", "old.txt"])
    }

    @Test("the digest of working files is that of their bytes, whatever their size")
    func digest() throws {
        let scratch = try ScratchFolder()
        for size in [0, 5, 1 << 20, (1 << 20) + 1, 3_000_000] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try scratch.write(bytes, to: "t.csv")
            let place = try DataPlace(file: FilePath(scratch.file("t.csv")), name: "t.csv")
            #expect(try place.digest() == ObjectID(of: bytes))
        }
    }
}
