import FileSystem

extension Store {
    /// Hands all bytes of a file to `body`, in order, while the next ones are read and checked on other threads.
    ///
    /// Memory stays bounded, whatever the file's size.
    ///
    /// - Parameters:
    ///   - workers: how many threads read.
    ///   - body: called on the caller's thread with one piece after another.
    package func readAhead(
        _ file: FileReference, workers: Int, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        if file.size <= ReadAheadPiece.size || workers == 1 { return try read(file, body) }
        let window = workers * 2 + 1
        // The caller waits for pieces and writes them: it is no reader.
        try WorkQueue.run(workers: workers + 1, capacity: window) { (queue) throws(StoreError) in
            var underWay: [ReadAheadPiece] = []
            var spare: [ReadAheadPiece] = []
            var chunks: [Manifest.Entry] = []
            var size: UInt64 = 0
            func consumeFirst() throws(StoreError) {
                let piece = underWay.removeFirst()
                try body(try piece.result())
                spare.append(piece)
            }
            func submit() throws(StoreError) {
                if underWay.count == window { try consumeFirst() }
                let piece = spare.popLast() ?? ReadAheadPiece()
                let part = chunks
                (chunks, size) = ([], 0)
                piece.begin()
                underWay.append(piece)
                try queue.submit { () throws(StoreError) in piece.read(part, from: self) }
            }
            try self.forEachChunk(of: file) { (chunk) throws(StoreError) in
                chunks.append(chunk)
                size += chunk.size
                if size >= ReadAheadPiece.size { try submit() }
            }
            if !chunks.isEmpty { try submit() }
            while !underWay.isEmpty { try consumeFirst() }
        }
    }
}

/// Neighbouring chunks of a file that one thread reads and another uses.
///
/// `@unchecked Sendable`: the memory is the reader's until the state says that it is done, then the user's.
private final class ReadAheadPiece: @unchecked Sendable {
    private enum State {
        case reading
        case done(count: Int)
        case failed(StoreError)
    }

    /// How many bytes a piece has, give or take a chunk.
    static let size: UInt64 = 1 << 20

    private let state = Monitor(State.reading)
    private var buffer = ByteBuffer()
    private var scratch = ReadScratch()

    func begin() { state.withLock { $0 = .reading } }

    /// Reads chunks. A failure is the user's to see, in its turn.
    func read(_ chunks: [Manifest.Entry], from store: Store) {
        let outcome: State
        do throws(StoreError) {
            outcome = .done(count: try fill(chunks, from: store))
        } catch {
            outcome = .failed(error)
        }
        state.withLock { $0 = outcome }
        state.notifyAll()
    }

    private func fill(_ chunks: [Manifest.Entry], from store: Store) throws(StoreError) -> Int {
        let total = chunks.reduce(0) { $0 + Int($1.size) }
        buffer.reserve(total)
        var filled = 0
        for chunk in chunks {
            let bytes = try store.read(ObjectKey(chunk.id, .chunk), &scratch)
            guard UInt64(bytes.count) == chunk.size else {
                throw .malformed(chunk.id, reason: "a file states another length for it than it has")
            }
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled..<filled + bytes.count])
                .copyMemory(from: bytes)
            filled += bytes.count
        }
        return filled
    }

    /// Waits until the piece is read.
    func result() throws(StoreError) -> UnsafeRawBufferPointer {
        let outcome = state.wait { state -> State? in
            if case .reading = state { return nil }
            return state
        }
        switch outcome {
        case .failed(let error): throw error
        case .done(let count): return UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
        case .reading: return UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }
}
