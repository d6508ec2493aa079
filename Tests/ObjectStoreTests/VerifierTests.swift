import FileSystem
import ObjectStore
import SystemPackage
import Testing

@Suite struct VerifierTests {
    private static func objects(_ report: VerificationReport) -> [(ObjectID, VerificationReport.Touched)] {
        report.problems.compactMap { problem in
            if case .object(let id, _, _, let touched) = problem { (id, touched) } else { nil }
        }
    }

    @Test("a whole store has no problem and no note")
    func clean() throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "1", "b": "2"])
        for readsData in [false, true] {
            let report = try scratch.store.verify(roots: scratch.store.roots([id]), readsData: readsData)
            #expect(report.problems == [])
            #expect(report.notes == [])
            #expect(report.records == 4)
            #expect(report.reachableObjects == 4)
        }
    }

    @Test("a damaged chunk names the artifacts and files that it touches, in old versions too")
    func touchedFiles() throws {
        let scratch = try ScratchStore()
        let store = scratch.store
        let first = try store.snapshot(["a": "shared", "b": "other", "old": "shared"])
        let second = try store.snapshot(["a": "shared", "b": "other"], time: 1, parents: [first])
        let elsewhere = try store.snapshot(["x": "shared"], of: "models/x")
        let chunk = ObjectID(of: Array("shared".utf8))
        try scratch.damage(chunk, .chunk)
        let roots = [
            Store.Root(name: "data", snapshot: second), Store.Root(name: "models/x", snapshot: elsewhere),
        ]
        #expect(try store.verify(roots: roots, readsData: false).isClean)
        let report = try scratch.reopened().verify(roots: roots, readsData: true)
        let found = Self.objects(report)
        #expect(found.map(\.0) == [chunk])
        #expect(found[0].1.count == 3)
        #expect(Set(found[0].1.items.map { "\($0.artifact): \($0.path)" }) == ["data: a", "data: old", "models/x: x"])
        #expect(report.problems.contains { if case .pack = $0 { true } else { false } })
        #expect(report.problems.allSatisfy { !$0.description.contains("\n") })
    }

    @Test("at most twenty files are listed, and all are counted")
    func manyTouchedFiles() throws {
        let scratch = try ScratchStore()
        let texts = Dictionary(uniqueKeysWithValues: (0..<300).map { ("file \($0)", "same") })
        let id = try scratch.store.snapshot(texts)
        try scratch.damage(ObjectID(of: Array("same".utf8)), .chunk)
        let report = try scratch.store.verify(roots: scratch.store.roots([id]), readsData: true)
        let touched = try #require(Self.objects(report).first).1
        #expect(touched.items.count == 20)
        #expect(touched.count == 300)
        #expect(touched.description.hasSuffix("and 280 more"))
    }

    @Test("a missing pack is a problem of the pack and of what stood in it")
    func missingPack() throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "1"])
        for pack in try scratch.packs() { try pack.remove() }
        for readsData in [false, true] {
            let report = try scratch.reopened().verify(roots: scratch.store.roots([id]), readsData: readsData)
            #expect(report.problems.contains { if case .pack = $0 { true } else { false } })
            #expect(Self.objects(report).contains { $0.0 == id && $0.1.items.map(\.artifact) == ["data"] })
        }
    }

    @Test("a missing root is a problem, a missing parent or input a note")
    func missingHistory() throws {
        let scratch = try ScratchStore()
        let gone = ObjectID(of: [1])
        let writer = try scratch.store.makeWriter()
        let root = Node.file(try writer.put(file: [1, 2, 3]), isExecutable: false)
        let parent = try writer.put(snapshot: root, parents: [gone], inputs: [ObjectID(of: [2])])
        try writer.finish()
        let report = try scratch.store.verify(roots: scratch.store.roots([parent]), readsData: false)
        #expect(report.problems == [])
        #expect(report.notes.count == 2)
        #expect(report.notes.contains(.absentHistory(gone, neededBy: parent)))
        let missing = try scratch.store.verify(roots: scratch.store.roots([gone]), readsData: false)
        #expect(Self.objects(missing).map(\.0) == [gone])
    }

    @Test("a folder that states another size or count than it has is a problem")
    func wrongSums() throws {
        let scratch = try ScratchStore()
        let writer = try scratch.store.makeWriter()
        let file = Node.file(try writer.put(file: [1, 2, 3]), isExecutable: false)
        let good = try writer.put(folder: ["a": file])
        for (size, count) in [(good.size + 1, good.fileCount), (good.size, good.fileCount + 1)] {
            let bad = TreeReference(id: good.id, level: good.level, size: size, fileCount: count)
            // The right reference comes first, so that the folder is known when the wrong one is met.
            let outer = try writer.put(folder: ["a": .directory(good), "b": .directory(bad)])
            let id = try writer.put(snapshot: .directory(outer))
            try writer.finish()
            let report = try scratch.reopened().verify(roots: scratch.store.roots([id]), readsData: false)
            #expect(Self.objects(report).map(\.0) == [good.id])
        }
        let long = Node.file(FileReference(id: file.id, size: 4, level: 0), isExecutable: false)
        let id = try writer.put(snapshot: long)
        try writer.finish()
        let report = try scratch.reopened().verify(roots: scratch.store.roots([id]), readsData: false)
        #expect(Self.objects(report).map(\.0) == [file.id])
    }

    @Test("files that do not belong into a store are noted")
    func unexpectedFiles() throws {
        let scratch = try ScratchStore()
        _ = try scratch.store.snapshot(["a": "1"])
        for place in ["other", "packs/other", "packs/00/x.pack", "indexes/x", "tmp/left"] {
            let path = scratch.path.appending(bytes: Array(place.utf8))
            try path.removingLastComponent().makeDirectories()
            try File(creating: path).write([1])
        }
        let report = try scratch.store.verify(roots: [], readsData: true)
        #expect(report.problems == [])
        #expect(report.notes.count == 5)
        #expect(report.notes.contains(.temporaryFiles(1)))
    }

    // MARK: Repair

    @Test("damaged and lost indexes are made again from the packs")
    func repair() throws {
        let scratch = try ScratchStore()
        let ids = try (0..<3).map { try scratch.store.snapshot(["a": "\($0)"]) }
        let indexes = try scratch.indexes()
        try indexes[0].remove()
        var bytes = try indexes[1].contents()
        bytes[bytes.count / 2] ^= 1
        try scratch.overwrite(indexes[1], bytes)
        try scratch.overwrite(indexes[2], [1, 2, 3])
        #expect(throws: StoreError.self) { try scratch.reopened() }
        let store = try Store(opening: scratch.path, skipsDamagedIndexes: true)
        #expect(try !store.verify(roots: store.roots(ids), readsData: false).isClean)
        let report = try store.repairIndexes()
        #expect(report.damagedIndexes == 2)
        #expect(report.packs == 3)
        #expect(report.objects == 9)
        #expect(report.damagedPacks == 0)
        let repaired = try scratch.reopened()
        for (number, id) in ids.enumerated() { #expect(try repaired.text("a", in: id) == "\(number)") }
        let after = try repaired.verify(roots: repaired.roots(ids), readsData: true)
        #expect(after.problems == [])
        #expect(after.notes == [])
    }

    @Test("what is whole in a damaged pack is kept, and what is not is stored again when it is added again")
    func repairPack() throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "lost", "b": "kept"])
        try scratch.damage(ObjectID(of: Array("lost".utf8)), .chunk)
        let store = try scratch.reopened()
        let report = try store.repairIndexes()
        #expect(report.damagedPacks == 1)
        #expect(report.damagedObjects == 1)
        #expect(report.objects == 3)
        #expect(try store.text("b", in: id) == "kept")
        #expect(throws: StoreError.self) { try store.text("a", in: id) }
        #expect(try store.snapshot(["a": "lost", "b": "kept"]) == id)
        #expect(try store.text("a", in: id) == "lost")
        let after = try scratch.reopened().verify(roots: store.roots([id]), readsData: true)
        #expect(after.problems == [])
        #expect(after.notes.count == 1)
    }

    @Test("records behind a damaged header are found through the index")
    func repairHeader() throws {
        let scratch = try ScratchStore()
        let writer = try scratch.store.makeWriter()
        let ids = try (0..<20).map { try writer.put(Array("object \($0)".utf8), kind: .chunk) }
        try writer.finish()
        _ = consume writer
        let (pack, end) = try #require(try scratch.place(of: ids[5], .chunk))
        var bytes = try pack.contents()
        bytes[end - "object 5".utf8.count - PackFormat.recordHeaderCount + 8] ^= 0xff  // the stored length
        try scratch.overwrite(pack, bytes)
        let store = try scratch.reopened()
        let found = Self.objects(try store.verify(roots: [], readsData: true)).map(\.0)
        #expect(found == [ids[5]])
        #expect(try store.repairIndexes().objects == 19)
        for (number, id) in ids.enumerated() where number != 5 {
            #expect(try store.read(id, kind: .chunk) == Array("object \(number)".utf8))
        }
    }

    @Test("a repair waits for nobody: it says that a writer works")
    func repairBusy() throws {
        let scratch = try ScratchStore()
        let writer = try scratch.store.makeWriter()
        #expect(throws: StoreError.busy(displayed(scratch.path))) { try scratch.store.repairIndexes() }
        try writer.finish()
    }

    // MARK: Usage

    @Test("usage counts what versions share once in total and for each artifact")
    func usage() throws {
        let scratch = try ScratchStore()
        let store = scratch.store
        let text = String(repeating: "row\n", count: 2_000)
        let first = try store.snapshot(["a": text, "b": "x"])
        let second = try store.snapshot(["a": text, "b": "y"], time: 1)
        let other = try store.snapshot(["c": text], of: "other")
        let usage = try store.usage(
            of: store.roots([first, second, second]) + [Store.Root(name: "other", snapshot: other)])
        #expect(usage.artifacts.map(\.name) == ["data", "other"])
        let data = usage.artifacts[0].amount
        #expect(data.snapshots == 2)
        #expect(data.files == 4)
        #expect(data.logicalBytes == 16_002)
        #expect(data.objects == 7)
        #expect((8_002..<9_000).contains(data.uniqueBytes))
        #expect(usage.total.logicalBytes == 24_002)
        #expect(usage.total.objects == 9)
        #expect(usage.total.storedBytes == usage.packBytes - 3 * 16)
        #expect(usage.total.deduplicationRatio > 2)
        #expect(usage.total.compressionRatio > 2)
    }

    @Test("usage of what the store lacks is an error")
    func usageOfMissing() throws {
        let scratch = try ScratchStore()
        #expect(throws: StoreError.self) { try scratch.store.usage(of: scratch.store.roots([ObjectID(of: [1])])) }
    }
}
