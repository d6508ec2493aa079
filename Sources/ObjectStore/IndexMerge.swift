import Crypto
import FileSystem
import SystemPackage

/// Merges indexes into one file in a few passes over them, so that memory does not grow with the number of entries.
package struct IndexMerge {
    private let indexes: [PackIndex]
    private let keepsEmptyPacks: Bool
    private let isKept: (EntryMarks.Place) -> Bool

    /// - Parameters:
    ///   - keepsEmptyPacks: whether packs of which no entry is kept stay in the list of packs that are indexed.
    ///   - isKept: whether an entry goes into the merged index; of several kept ones for one object the first index's
    ///     counts.
    package init(
        _ indexes: [PackIndex], keepsEmptyPacks: Bool = false, isKept: @escaping (EntryMarks.Place) -> Bool
    ) {
        self.indexes = indexes
        self.keepsEmptyPacks = keepsEmptyPacks
        self.isKept = isKept
    }

    /// Writes the merged index, flushed and in its place.
    ///
    /// - Returns: `nil` if no entry is kept; then nothing is written.
    package func write(_ layout: StoreLayout) throws(StoreError) -> PackIndex? {
        // First what comes before the entries: the counts, and the packs that they stand in.
        var counts = [UInt32](repeating: 0, count: 256)
        var packs: [PackIndex.Pack] = []
        var numbers: [PackIndex.Pack: UInt32] = [:]
        var total: UInt64 = 0
        func number(_ pack: PackIndex.Pack) {
            if numbers[pack] != nil { return }
            numbers[pack] = UInt32(packs.count)
            packs.append(pack)
        }
        if keepsEmptyPacks { for pack in indexes.flatMap(\.packs) { number(pack) } }
        try forEach { (index, entry) throws(StoreError) in
            counts[Int(entry.header.key.id.words.0 >> 56)] += 1
            total += 1
            number(index.packs[Int(entry.pack)])
        }
        if total == 0 { return nil }

        let temporary = layout.temporary.appending(temporaryName())
        var output = try Output(temporary)
        do throws(StoreError) {
            try output.append(PackIndex.magic)
            try output.append(UInt32(packs.count))
            try output.append(UInt32(0))
            try output.append(total)
            var sum: UInt32 = 0
            for count in counts {
                sum += count
                try output.append(sum)
            }
            for pack in packs {
                try output.append(pack.id.bytes)
                try output.append(pack.size)
            }
            try forEach { (_, entry) throws(StoreError) in try output.append(entry.header.key.id.bytes) }
            var known: (pack: PackIndex.Pack, number: UInt32)?
            try forEach { (index, entry) throws(StoreError) in
                let pack = index.packs[Int(entry.pack)]
                let number = known?.pack == pack ? known!.number : numbers[pack]!
                known = (pack, number)
                try output.append(number)
                try output.append(entry.offset)
                try output.append(entry.header.storedLength)
                try output.append(entry.header.rawLength)
                try output.append([entry.header.key.kind.rawValue, entry.header.encoding.rawValue, 0, 0])
            }
            return try PackIndex.place(temporary, try output.finish(), layout)
        } catch {
            try? temporary.remove()
            throw error
        }
    }

    /// Calls `body` with each kept entry in the order of the keys.
    ///
    /// - Complexity: O(entries × indexes) comparisons.
    private func forEach(_ body: (PackIndex, PackIndex.Entry) throws(StoreError) -> Void) throws(StoreError) {
        var positions = [Int](repeating: 0, count: indexes.count)
        var heads = indexes.map { $0.count > 0 ? $0.entry(at: 0) : nil }
        while true {
            var lowest: ObjectKey?
            for head in heads {
                if let key = head?.header.key, lowest == nil || key < lowest! { lowest = key }
            }
            guard let lowest else { return }
            var isWritten = false
            for number in indexes.indices {
                guard let entry = heads[number], entry.header.key == lowest else { continue }
                if !isWritten, isKept(EntryMarks.Place(index: number, position: positions[number])) {
                    try body(indexes[number], entry)
                    isWritten = true
                }
                positions[number] += 1
                let position = positions[number]
                heads[number] = position < indexes[number].count ? indexes[number].entry(at: position) : nil
            }
        }
    }

    /// A file that is written piece by piece and hashed on the way.
    private struct Output: ~Copyable {
        private let file: File
        private var hash = SHA256()
        private var buffer: [UInt8] = []

        init(_ path: FilePath) throws(StoreError) {
            file = try withFileErrors { () throws(FileError) in try File(creating: path, permissions: 0o444) }
            buffer.reserveCapacity(1 << 20)
        }

        mutating func append(_ bytes: [UInt8]) throws(StoreError) {
            buffer += bytes
            if buffer.count >= 1 << 20 { try flush() }
        }

        mutating func append(_ number: some FixedWidthInteger) throws(StoreError) {
            withUnsafeBytes(of: number.littleEndian) { buffer.append(contentsOf: $0) }
        }

        private mutating func flush() throws(StoreError) {
            buffer.withUnsafeBytes { hash.update(bufferPointer: $0) }
            do throws(FileError) {
                try file.write(buffer)
            } catch {
                throw .file(error)
            }
            buffer.removeAll(keepingCapacity: true)
        }

        /// Flushes the file to the disk and returns its hash.
        mutating func finish() throws(StoreError) -> ObjectID {
            try flush()
            do throws(FileError) {
                try file.synchronize()
            } catch {
                throw .file(error)
            }
            return hash.finalize().withUnsafeBytes { ObjectID(loading: $0) }
        }
    }
}
