import FileSystem
import ObjectStore

/// Reads records of a remote's packs, many with each request, and checks each.
struct RecordFetcher: Sendable {
    /// Where a record stands, in the order of packs and of places in them.
    struct Place: Comparable, Sendable {
        let pack: ObjectID
        let offset: UInt32
        let header: RecordHeader

        init(_ location: RecordLocation) {
            pack = location.pack
            offset = location.offset
            header = location.header
        }

        static func == (left: Place, right: Place) -> Bool { left.pack == right.pack && left.offset == right.offset }
        static func < (left: Place, right: Place) -> Bool { (left.pack, left.offset) < (right.pack, right.offset) }

        var end: UInt64 { UInt64(offset) + header.recordBytes }
    }

    /// Takes a record that was checked, header and payload, and the object that it holds; valid until it returns.
    typealias Receiver =
        @Sendable (RecordHeader, _ record: UnsafeRawBufferPointer, _ content: UnsafeRawBufferPointer)
        throws(RemoteError) -> Void

    private let remote: any Remote
    private let workers: Int
    private let meter: ByteMeter?

    /// The most bytes that are read with one request, unless one record is longer.
    private static let longestRead: UInt64 = 4 << 20
    /// Gaps up to this many bytes are read and dropped, which is cheaper than another request.
    private static let longestGap: UInt64 = 64 << 10

    init(_ remote: any Remote, workers: Int, meter: ByteMeter?) {
        self.remote = remote
        self.workers = max(workers, remote.parallelRequests)
        self.meter = meter
    }

    /// Reads records, in any order and on several threads.
    ///
    /// - Throws: ``RemoteError/damaged(location:name:reason:)`` for bytes that are not what the index says, before the
    ///   receiver sees them.
    func fetch(_ locations: [RecordLocation], _ receive: @escaping Receiver) throws(RemoteError) {
        let runs = Self.runs(locations.map(Place.init).sorted())
        try forEachInParallel(runs, workers: workers) { (run) throws(RemoteError) in
            try self.fetch(run, receive)
        }
    }

    /// Joins what stands close together.
    private static func runs(_ places: [Place]) -> [ArraySlice<Place>] {
        var runs: [ArraySlice<Place>] = []
        var start = places.startIndex
        for index in places.indices {
            let isLast = index + 1 == places.endIndex
            if !isLast, places[index + 1].pack == places[start].pack,
                UInt64(places[index + 1].offset) <= places[index].end + longestGap,
                places[index + 1].end - UInt64(places[start].offset) <= longestRead
            {
                continue
            }
            runs.append(places[start...index])
            start = index + 1
        }
        return runs
    }

    private func fetch(_ run: ArraySlice<Place>, _ receive: Receiver) throws(RemoteError) {
        let name = RemoteLayout.pack(run.first!.pack)
        let start = UInt64(run.first!.offset)
        let count = Int(run.last!.end - start)
        func damaged(_ reason: String) -> RemoteError {
            .damaged(location: remote.location, name: name, reason: reason)
        }
        let memory = ByteBuffer(capacity: count)
        let target = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<count])
        guard let found = try remote.read(name, at: start, into: target) else { throw damaged("it is missing") }
        guard found == count else { throw damaged("it ends too early") }
        var scratch = ReadScratch()
        for place in run {
            let bounds = Int(UInt64(place.offset) - start)..<Int(place.end - start)
            let record = UnsafeRawBufferPointer(rebasing: target[bounds])
            let content: UnsafeRawBufferPointer
            do throws(StoreError) {
                content = try place.header.content(ofRecord: record, &scratch)
            } catch {
                throw damaged(error.description)
            }
            try receive(place.header, record, content)
            meter?.add(UInt64(record.count))
        }
    }
}
